-- Question: customers who put product 102 (Mineral Water) into the cart: what do they view and never add? Straight from the files.
-- How to read it: the classic anti-join (not exists, never not in: one NULL would empty the answer). A customer who added a
-- product once is no opportunity for it. Rows without a customer_id cannot be followed here;
-- marts.cross_sell_opportunities (customer_group 'all') follows them by the owner of the device and answers for every product.
-- Run in the project's folder: it reads data/landing, with the app's clicks as JSON lines and the rest as Parquet.
with

clickstream as (
    select
        customer_id,
        event_name,
        product_id
    from read_parquet('data/landing/storefront/clickstream/*/*.parquet', union_by_name = true)

    union all

    select
        customer_id,
        event_name,
        product_id
    from read_json(
        'data/landing/storefront/clickstream/*/*.jsonl',
        format = 'newline_delimited',
        columns = { customer_id: 'VARCHAR', event_name: 'VARCHAR', product_id: 'VARCHAR' },
        ignore_errors = true
    )
),

cart_events as (
    select
        customer_id,
        event_name,
        product_id
    from read_parquet('data/landing/storefront/cart_events/*/*.parquet', union_by_name = true)
),

adds as (
    select distinct
        customer_id,
        product_id
    from cart_events
    where
        event_name = 'add_to_cart'
        and customer_id is not null
),

water_customers as (
    select customer_id
    from adds
    where product_id = '102'
),

views as (
    select
        customer_id,
        product_id,
        count(*) as view_count
    from clickstream
    where
        event_name = 'view_item'
        and product_id is not null
        and product_id <> '102'
    group by customer_id, product_id
),

viewed_and_never_added as (
    select views.*
    from views
    inner join water_customers on views.customer_id = water_customers.customer_id
    where
        not exists (
            select 1
            from adds
            where
                adds.customer_id = views.customer_id
                and adds.product_id = views.product_id
        )
)

select
    product_id,
    count(*) as viewer_count,
    cast(sum(view_count) as bigint) as view_count,
    (select count(*) from water_customers) as anchor_customer_count
from viewed_and_never_added
group by product_id
order by viewer_count desc nulls last, view_count desc nulls last, product_id asc nulls last;
