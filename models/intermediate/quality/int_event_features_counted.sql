{%- set categories = drift_features() | selectattr('kind', 'equalto', 'category') | map(attribute='name') | list -%}
-- Events of each day by the levels and amounts that are watched for drift. Grain: one row per measured_on, feature, level and
-- number_value; categories have a level, the amount of carts and payments has a number_value, and both are NULL where it is missing.
-- Events are dated by their landing, where the source tells it: what is wrong with a delivery shows on the day it lands, and a late
-- event never changes a day that has been judged.
{{ config(
    materialized='incremental',
    meta={'scope': {'column': 'measured_on', 'keys_of': 'int_event_days_touched', 'key': 'measured_on'}}
) }}

with

events as (
    select
        *,
        {{ measured_day('_landed_on', 'event_at') }} as measured_on
    from {{ ref('int_events_deduplicated') }}
),

events_in_scope as (
    select * from events
    where {{ in_keys('int_event_days_touched', 'measured_on', 'measured_on') }}
),

combinations as (
    select
        measured_on,
        {{ categories | join(',\n        ') }},
        count(*) as row_count
    from events_in_scope
    group by measured_on, {{ categories | join(', ') }}
),

amounts as (
    select
        measured_on,
        amount,
        count(*) as row_count
    from events_in_scope
    where event_type in ('add_to_cart', 'payment_attempted')
    group by measured_on, amount
),

counted as (
    {%- for feature in categories %}
    select
        measured_on,
        '{{ feature }}' as feature,
        {{ feature }} as level,
        cast(null as double) as number_value,
        row_count
    from combinations
    union all
    {%- endfor %}
    select
        measured_on,
        'amount' as feature,
        cast(null as {{ dbt.type_string() }}) as level,
        cast(amount as double) as number_value,
        row_count
    from amounts
),

final as (
    select
        measured_on,
        feature,
        level,
        number_value,
        cast(sum(row_count) as bigint) as row_count
    from counted
    group by measured_on, feature, level, number_value
)

select * from final
