-- Recency, frequency and monetary scores of everybody who ordered. Grain: one row per customer_id.
with

orders as (
    select
        customer_id,
        cast(ordered_at as date) as ordered_on,
        order_amount
    from {{ question_files('orders') }}
    where
        {{ is_counted_order('status') }}
        and cast(ordered_at as date) <= date '{{ var("as_of_date") }}'
),

customer_orders as (
    select
        customer_id,
        {{ days_between('max(ordered_on)', "date '" ~ var("as_of_date") ~ "'") }} as recency_days,
        count(*) as order_count,
        count(*) filter (where {{ is_within_days('ordered_on', "date '" ~ var("as_of_date") ~ "'", 30) }}) as order_count_30_days,
        cast(sum(order_amount) as decimal(18, 4)) as revenue_amount
    from orders
    group by customer_id
),

ranked as (
    select
        customer_id,
        recency_days,
        order_count,
        revenue_amount,
        count(*) over () as customer_count,
        rank() over (order by recency_days desc nulls last) as recency_rank,
        rank() over (order by order_count nulls last) as frequency_rank,
        rank() over (order by revenue_amount nulls last) as monetary_rank
    from customer_orders
),

final as (
    select
        customer_id,
        cast(recency_days as bigint) as recency_days,
        order_count as orders,
        revenue_amount as revenue,
        cast({{ rfm_score('recency_rank', 'customer_count') }} as bigint) as recency_score,
        cast({{ rfm_score('frequency_rank', 'customer_count') }} as bigint) as frequency_score,
        cast({{ rfm_score('monetary_rank', 'customer_count') }} as bigint) as monetary_score
    from ranked
)

select * from final
