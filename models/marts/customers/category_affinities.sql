-- What each customer is drawn to, against what everybody is drawn to. Grain: one row per customer_id and category with
-- interest as of today: product views, adds to the cart and lines of orders that count. Products without a category are
-- 'unknown', service lines are left out.
with

customer_categories as (
    select * from {{ ref('int_customer_categories_counted') }}
),

interests as (
    select
        customer_id,
        category,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        cast(sum(order_line_count) as bigint) as order_line_count,
        cast(sum({{ category_interest('view_count', 'add_to_cart_count', 'order_line_count') }}) as bigint) as interest_count
    from customer_categories
    group by customer_id, category
    having sum({{ category_interest('view_count', 'add_to_cart_count', 'order_line_count') }}) > 0
),

categories as (
    select
        category,
        sum(interest_count) as interest_count
    from interests
    group by category
),

category_shares as (
    select
        category,
        {{ rate('interest_count', 'sum(interest_count) over ()') }} as overall_share_rate
    from categories
),

shares as (
    select
        *,
        {{ rate('interest_count', 'sum(interest_count) over (partition by customer_id)') }} as share_rate,
        cast(rank() over (partition by customer_id order by interest_count desc nulls last) as bigint) as affinity_rank
    from interests
),

final as (
    select
        shares.customer_id,
        shares.category,
        shares.view_count,
        shares.add_to_cart_count,
        shares.order_line_count,
        shares.interest_count,
        shares.share_rate,
        category_shares.overall_share_rate,
        {{ rate('shares.share_rate', 'category_shares.overall_share_rate') }} as lift,
        shares.affinity_rank
    from shares
    inner join category_shares on shares.category = category_shares.category
)

select * from final
