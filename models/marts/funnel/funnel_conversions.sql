-- How far each visitor and each session got, in order and within the window. Grain: one row per funnel, unit, unit_id and
-- scope_value. Breakdowns are those of the entry event; payment method and gateway those of the chain's first attempt, NULL
-- when it came to none. A unit whose window ends after the as-of moment is not mature: neither converted nor lost.
-- A view: what time changes (maturity, whose device it was, who is new, categories) is told when it is asked for, the rest is kept in
-- int_funnel_chains.
{{ config(materialized='view') }}

with

chains as (
    select * from {{ ref('int_funnel_chains') }}
),

devices as (
    select * from {{ ref('int_visitors_identified') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

first_orders as (
    select
        customer_id,
        ordered_at as first_ordered_at
    from {{ ref('fct_orders') }}
    where is_first_order
),

visitors as (
    select
        devices.*,
        first_orders.first_ordered_at
    from devices
    left join first_orders on devices.customer_id = first_orders.customer_id
),

funnel_lengths as (
    select
        funnel,
        max(step_number) as step_count
    from steps
    group by funnel
),

final as (
    select
        chains.funnel,
        chains.unit,
        chains.unit_id,
        chains.scope_value,
        chains.entered_at,
        cast(chains.entered_at as date) as entered_on,
        chains.furthest_step_number,
        steps.step_name as furthest_step_name,
        chains.furthest_step_number = funnel_lengths.step_count as is_converted,
        {{ is_mature('chains.entered_at') }} as is_mature,
        case
            {%- for step in range(2, funnel_max_steps() + 1) %}
            when funnel_lengths.step_count = {{ step }} then {{ seconds_between('chains.entered_at', 'chains.step_' ~ step ~ '_at') }}
            {%- endfor %}
        end as seconds_to_convert,
        {%- for step in range(1, funnel_max_steps() + 1) %}
        chains.step_{{ step }}_at,
        {%- endfor %}
        visitors.customer_id,
        chains.device_type,
        chains.traffic_channel,
        chains.country,
        coalesce(products.category, 'unknown') as category,
        case when visitors.first_ordered_at < chains.entered_at then 'returning' else 'new' end as customer_type,
        chains.payment_method,
        chains.gateway
    from chains
    inner join funnel_lengths on chains.funnel = funnel_lengths.funnel
    inner join steps
        on
            chains.funnel = steps.funnel
            and chains.furthest_step_number = steps.step_number
    left join products on chains.product_id = products.product_id
    {{ join_owner('chains', 'entered_at') }}
)

select * from final
