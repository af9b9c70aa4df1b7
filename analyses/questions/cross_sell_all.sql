-- What every product's shoppers view and never take, where it has enough of them. Grain: one row per anchor_product_id and product_id.
with

events as (
    select
        {{ shopper_id('customer_id', 'visitor_id') }} as shopper_id,
        product_id,
        event_type
    from {{ question_files('events') }}
    where
        event_type in ('product_view', 'add_to_cart')
        and product_id is not null
),

orders as (
    select
        order_id,
        customer_id
    from {{ question_files('orders') }}
    where {{ is_counted_order('status') }}
),

order_items as (
    select * from {{ question_files('order_items') }}
),

deeds as (
    select
        shopper_id,
        product_id,
        case when event_type = 'product_view' then 1 end as viewed,
        case when event_type = 'add_to_cart' then 1 end as added,
        cast(null as integer) as ordered
    from events
    union all
    select
        orders.customer_id as shopper_id,
        order_items.product_id,
        cast(null as integer) as viewed,
        cast(null as integer) as added,
        1 as ordered
    from order_items
    inner join orders on order_items.order_id = orders.order_id
),

shopper_products as (
    select
        shopper_id,
        product_id,
        count(viewed) as view_count,
        count(added) as add_to_cart_count,
        count(ordered) as order_count
    from deeds
    group by shopper_id, product_id
),

anchored as (
    select
        shopper_id,
        product_id as anchor_product_id
    from shopper_products
    where {{ is_anchored('add_to_cart_count', 'order_count') }}
),

anchors as (
    select anchor_product_id
    from anchored
    group by anchor_product_id
    having count(*) >= {{ whole_variable('cross_sell_min_customers') }}
),

viewed_and_never_taken as (
    select
        shopper_id,
        product_id,
        view_count
    from shopper_products
    where
        view_count > 0
        and not {{ is_taken('add_to_cart_count', 'order_count') }}
),

final as (
    select
        anchored.anchor_product_id,
        viewed_and_never_taken.product_id,
        count(*) as viewers,
        cast(sum(viewed_and_never_taken.view_count) as bigint) as views
    from anchored
    inner join anchors on anchored.anchor_product_id = anchors.anchor_product_id
    inner join viewed_and_never_taken on anchored.shopper_id = viewed_and_never_taken.shopper_id
    where anchored.anchor_product_id <> viewed_and_never_taken.product_id
    group by anchored.anchor_product_id, viewed_and_never_taken.product_id
)

select * from final
