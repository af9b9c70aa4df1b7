-- What "today" means: never the clock. Grain: one row.
-- The as-of date is the variable's, or the last accepted event's or order's day; NULL when nothing was accepted.
-- as_of_moment is its exclusive end.
with

days as (
    select
        cast(min(event_at) as date) as first_on,
        cast(max(event_at) as date) as last_on
    from {{ ref('int_events_deduplicated') }}

    union all

    select
        cast(min(ordered_at) as date) as first_on,
        cast(max(ordered_at) as date) as last_on
    from {{ ref('int_orders_deduplicated') }}
),

bounds as (
    select
        min(first_on) as first_on,
        {% if var('as_of_date') -%}
        cast('{{ var("as_of_date") }}' as date) as as_of_date
        {%- else -%}
        max(last_on) as as_of_date
        {%- endif %}
    from days
),

final as (
    select
        first_on as first_date,
        as_of_date,
        cast(as_of_date + 1 as timestamp) as as_of_moment
    from bounds
)

select * from final
