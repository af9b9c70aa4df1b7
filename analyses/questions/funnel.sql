-- How many visitors got how far: view, cart, checkout, order. Grain: one row per level reached.
with

step_events as {{ not_materialized() }} (
    select
        visitor_id,
        {{ epoch_us('event_at') }} as event_us,
        case event_type
            when 'product_view' then 1
            when 'add_to_cart' then 2
            when 'checkout_started' then 3
            when 'order_placed' then 4
        end as step_number
    from {{ question_files('events') }}
    where event_type in ('product_view', 'add_to_cart', 'checkout_started', 'order_placed')
),

{{ furthest_funnel_steps('step_events', 'visitor_id', 4) }},

final as (
    select
        cast(furthest_step_number as bigint) as level,
        count(*) as visitors
    from furthest_steps
    group by furthest_step_number
)

select * from final
