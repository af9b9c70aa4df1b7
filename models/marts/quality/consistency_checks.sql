{%- set checks = consistency_checks() -%}
{%- set example_count = 5 -%}
-- What is odd, and accepted all the same: rows that are good by themselves and do not fit together. Grain: one row per check_name;
-- every check has its row, also where there is nothing to check. Each check is a CTE of its name: the rows that can be checked, and
-- whether each fails.
with

customers as (
    select * from {{ ref('dim_customers') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

events as (
    select * from {{ ref('fct_events') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
),

reviews as (
    select * from {{ ref('int_reviews_deduplicated') }}
),

last_events as (
    select
        customer_id,
        max(event_at) as last_event_at
    from events
    where customer_id is not null
    group by customer_id
),

item_sums as (
    select
        order_id,
        sum(amount) as amount
    from order_items
    group by order_id
),

signups_after_last_event as (
    select
        customers.customer_id as row_id,
        customers.signed_up_at > last_events.last_event_at as is_failed
    from customers
    inner join last_events on customers.customer_id = last_events.customer_id
    where customers.signed_up_at is not null
),

orders_after_as_of_date as (
    select
        order_id as row_id,
        ordered_on > {{ as_of_date() }} as is_failed
    from orders
    where ordered_on is not null
),

orders_before_signup as (
    select
        orders.order_id as row_id,
        orders.ordered_at < customers.signed_up_at as is_failed
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    where
        orders.ordered_at is not null
        and customers.signed_up_at is not null
),

inferred_customers as (
    select
        customer_id as row_id,
        is_inferred as is_failed
    from customers
),

inferred_products as (
    select
        product_id as row_id,
        is_inferred as is_failed
    from products
),

inferred_orders as (
    select
        order_id as row_id,
        is_inferred as is_failed
    from orders
),

paid_orders_without_items as (
    select
        order_id as row_id,
        item_count = 0 as is_failed
    from orders
    where is_counted
),

item_sum_differs_from_order as (
    select
        orders.order_id as row_id,
        {{ amounts_differ('orders.item_amount', 'coalesce(item_sums.amount, 0)') }} as is_failed
    from orders
    inner join item_sums on orders.order_id = item_sums.order_id
    where orders.item_amount is not null
),

order_amount_differs_from_parts as (
    select
        order_id as row_id,
        {{ amounts_differ(
            'order_amount', 'item_amount + coalesce(shipping_amount, 0) - coalesce(discount_amount, 0)'
        ) }} as is_failed
    from orders
    where
        item_amount is not null
        and order_amount is not null
),

reviews_before_delivery as (
    select
        reviews.review_id as row_id,
        reviews.reviewed_at < orders.delivered_at as is_failed
    from reviews
    inner join orders on reviews.order_id = orders.order_id
    where orders.delivered_at is not null
),

deliveries_before_order as (
    select
        order_id as row_id,
        delivered_at < ordered_at as is_failed
    from orders
    where
        delivered_at is not null
        and ordered_at is not null
),

payments_differ_from_order as (
    select
        order_id as row_id,
        {{ amounts_differ('approved_payment_amount', 'order_amount') }} as is_failed
    from orders
    where
        is_counted
        and approved_payment_count > 0
        and order_amount is not null
),

orders_of_unknown_status as (
    select
        order_id as row_id,
        {{ is_unknown_order_status('status') }} as is_failed
    from orders
),

checked_rows as (
    {%- for check in checks %}
    select
        '{{ check.name }}' as check_name,
        row_id,
        is_failed
    from {{ check.name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

checks as (
    {%- for check in checks %}
    select
        '{{ check.name }}' as check_name,
        '{{ check.subject }}' as subject,
        '{{ check.description }}' as description
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select
        check_name,
        count(*) as checked_count,
        count(*) filter (where is_failed) as failed_count
    from checked_rows
    group by check_name
),

examples as (
    select
        check_name,
        row_id,
        row_number() over (partition by check_name order by row_id nulls last) as example_number
    from checked_rows
    where is_failed
),

example_lists as (
    select
        check_name,
        concat_ws(
            ', '
            {%- for number in range(1, example_count + 1) %},
            max(case when example_number = {{ number }} then row_id end)
            {%- endfor %}
        ) as example_ids
    from examples
    where example_number <= {{ example_count }}
    group by check_name
),

final as (
    select
        checks.check_name,
        checks.subject,
        checks.description,
        coalesce(totals.checked_count, 0) as checked_count,
        coalesce(totals.failed_count, 0) as failed_count,
        {{ rate('totals.failed_count', 'totals.checked_count') }} as failed_rate,
        coalesce(example_lists.example_ids, '') as example_ids
    from checks
    left join totals on checks.check_name = totals.check_name
    left join example_lists on checks.check_name = example_lists.check_name
)

select * from final
