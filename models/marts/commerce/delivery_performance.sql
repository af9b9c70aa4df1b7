-- Does a late order cost us the customer? Delay against reviews, repeat orders and their value.
-- Grain: one row per delay_band. All landed orders, whatever their status: those that never arrived are
-- not_delivered. Inferred orders are left out: nothing is known of their delivery. NULL delays, scores and amounts are left
-- out of their means. Whether somebody came back is asked within repeat_horizon_days, and only of orders of known customers
-- for which these days have passed: young orders, most of them not delivered yet, would look like lost customers.
with

orders as (
    select
        *,
        {{ delay_band('delivered_at', 'delay_days') }} as delay_band,
        coalesce(
            customer_id is not null and {{ repeat_horizon_end('ordered_at') }} <= {{ as_of_moment() }},
            false
        ) as is_followable
    from {{ ref('fct_orders') }}
    where not is_inferred
),

review_totals as (
    {{ reviews_per_order() }}
),

-- A customer's moments of ordering: of several counted orders at one instant the first by id stands
-- for it.
moments as (
    select
        customer_id,
        ordered_at,
        bool_or(is_counted) as has_counted,
        min(case when is_counted then order_id end) as counted_order_id
    from orders
    where
        customer_id is not null
        and ordered_at is not null
    group by customer_id, ordered_at
),

with_next as (
    select
        customer_id,
        ordered_at,
        min(case when has_counted then ordered_at end) over (
            partition by customer_id
            order by ordered_at nulls last
            rows between 1 following and unbounded following
        ) as next_ordered_at
    from moments
),

followed as (
    select
        with_next.customer_id,
        with_next.ordered_at,
        following_orders.order_amount as following_amount
    from with_next
    inner join moments as next_moments
        on
            with_next.customer_id = next_moments.customer_id
            and with_next.next_ordered_at = next_moments.ordered_at
    inner join orders as following_orders
        on next_moments.counted_order_id = following_orders.order_id
    where with_next.next_ordered_at <= {{ repeat_horizon_end('with_next.ordered_at') }}
),

final as (
    select
        orders.delay_band,
        count(*) as order_count,
        {{ rate('sum(orders.delay_days)', 'count(orders.delay_days)') }} as mean_delay_days,
        {{ mean_days('orders.ordered_at', 'orders.delivered_at') }} as mean_delivery_days,
        cast(coalesce(sum(review_totals.review_count), 0) as bigint) as review_count,
        {{ rate('sum(review_totals.score_sum)', 'sum(review_totals.review_count)') }}
            as mean_review_score,
        count(*) filter (where orders.is_followable) as followable_order_count,
        count(followed.customer_id) as repeat_order_count,
        {{ rate('count(followed.customer_id)', 'count(*) filter (where orders.is_followable)') }} as repeat_rate,
        {{ mean_amount('sum(followed.following_amount)', 'count(followed.following_amount)') }}
            as mean_following_amount
    from orders
    left join review_totals on orders.order_id = review_totals.order_id
    left join followed
        on
            orders.is_followable
            and orders.customer_id = followed.customer_id
            and orders.ordered_at = followed.ordered_at
    group by orders.delay_band
)

select * from final
