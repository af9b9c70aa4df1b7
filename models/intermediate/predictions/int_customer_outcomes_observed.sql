-- What became of a customer after a snapshot, for models to learn and to be judged by. Grain: one row per customer_id and
-- snapshot_on of int_customer_features_snapshotted. Each outcome is about (snapshot, horizon] as it was known when the horizon ended,
-- and NULL where the horizon reaches beyond the as-of date.
with

members as (
    select
        customer_id,
        snapshot_on,
        can_churn
    from {{ ref('int_customer_features_snapshotted') }}
),

snapshots as (
    select distinct snapshot_on from members
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where
        customer_id is not null
        and counted_from is not null
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
    where quantity > 0
),

products as (
    select * from {{ ref('dim_products') }}
    where not is_service_line
),

sales as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        orders.order_id,
        orders.ordered_at,
        coalesce(orders.order_amount, 0) as order_amount,
        {{ is_sold_within('orders', 'snapshots.snapshot_on', 'churn_horizon_days') }} as is_against_churn,
        {{ is_sold_within('orders', 'snapshots.snapshot_on', 'high_value_horizon_days') }} as is_for_value,
        {{ is_sold_within('orders', 'snapshots.snapshot_on', 'next_purchase_days') }} as is_next,
        {{ is_sold_within('orders', 'snapshots.snapshot_on', 'lifetime_test_days') }} as is_for_lifetime
    from orders
    inner join snapshots
        on
            cast(orders.ordered_at as date) > snapshots.snapshot_on
            and cast(orders.ordered_at as date) <= {{ horizon_end('snapshots.snapshot_on', longest_horizon()) }}
),

sold as (
    select
        customer_id,
        snapshot_on,
        count(*) filter (where is_against_churn) as order_count_against_churn,
        cast(sum(order_amount) filter (where is_for_value) as decimal(18, 4)) as value_amount,
        count(*) filter (where is_next) as next_order_count,
        count(distinct case when is_for_lifetime then cast(ordered_at as date) end) as lifetime_order_day_count,
        cast(sum(order_amount) filter (where is_for_lifetime) as decimal(18, 4)) as lifetime_amount,
        min_by(order_id, (ordered_at, order_id)) filter (where is_next) as next_order_id
    from sales
    group by customer_id, snapshot_on
),

category_totals as (
    select
        order_items.order_id,
        coalesce(products.category, 'unknown') as category,
        cast(sum(order_items.amount) as decimal(18, 4)) as amount
    from order_items
    inner join products on order_items.product_id = products.product_id
    group by 1, 2
),

-- The category with most of the order's money; of equals the first by name.
order_categories as (
    select
        order_id,
        category
    from category_totals
    qualify row_number() over (partition by order_id order by amount desc nulls last, category asc nulls last) = 1
),

final as (
    select
        members.customer_id,
        members.snapshot_on,
        case
            when members.can_churn and {{ is_horizon_known('members.snapshot_on', 'churn_horizon_days') }}
                then coalesce(sold.order_count_against_churn, 0) = 0
        end as has_churned,
        case
            when {{ is_horizon_known('members.snapshot_on', 'high_value_horizon_days') }}
                then cast(coalesce(sold.value_amount, 0) as decimal(18, 4))
        end as future_revenue_amount,
        case
            when {{ is_horizon_known('members.snapshot_on', 'next_purchase_days') }} then coalesce(sold.next_order_count, 0) > 0
        end as has_purchased,
        case
            when {{ is_horizon_known('members.snapshot_on', 'next_purchase_days') }} then order_categories.category
        end as next_category,
        case
            when {{ is_horizon_known('members.snapshot_on', 'lifetime_test_days') }} then coalesce(sold.lifetime_order_day_count, 0)
        end as lifetime_order_day_count,
        case
            when {{ is_horizon_known('members.snapshot_on', 'lifetime_test_days') }}
                then cast(coalesce(sold.lifetime_amount, 0) as decimal(18, 4))
        end as lifetime_amount
    from members
    left join sold on members.customer_id = sold.customer_id and members.snapshot_on = sold.snapshot_on
    left join order_categories on sold.next_order_id = order_categories.order_id
)

select * from final
