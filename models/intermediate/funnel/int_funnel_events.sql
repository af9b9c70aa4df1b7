-- Events as steps of funnels. Grain: one row per funnel, scope value, step and event (an event may be several steps).
-- scope_value is 'all', or the product's category for funnels of scope 'category': there an order without a product on the
-- event counts for every category among its lines. Without a category it is 'unknown'.
-- A view: there are more steps than events, and int_funnel_chains is their only reader. It asks for some visitors and times, and its
-- conditions have to get through to the events: steps that were kept would be those of everybody.
{{ config(materialized='view') }}

with

events as (
    select * from {{ ref('int_events_sessionized') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

order_categories as (
    select * from {{ ref('int_order_categories_listed') }}
),

step_events as (
    select
        steps.funnel,
        steps.scope,
        steps.step_number,
        events.event_id,
        events.event_at,
        events.visitor_id,
        events.session_id,
        events.event_type,
        events.product_id,
        events.order_id
    from events
    inner join steps
        on
            events.event_type = steps.event_type
            and (steps.outcome is null or steps.outcome = events.outcome)
),

-- One pass over the steps: of a funnel of scope 'all' no category is asked for.
final as (
    select
        step_events.funnel,
        case
            when step_events.scope = 'all' then 'all'
            when step_events.product_id is null then coalesce(order_categories.category, 'unknown')
            else coalesce(products.category, 'unknown')
        end as scope_value,
        step_events.step_number,
        step_events.event_id,
        step_events.event_at,
        step_events.visitor_id,
        step_events.session_id
    from step_events
    left join products
        on
            step_events.scope = 'category'
            and step_events.product_id = products.product_id
    left join order_categories
        on
            step_events.scope = 'category'
            and step_events.order_id = order_categories.order_id
            and step_events.product_id is null
            and step_events.event_type = 'order_placed'
)

select * from final
