-- Orders of which this batch may say something new. Grain: one row per order_id and batch. Touched are those that the batch names, by
-- any version of an order, line, payment or review; those with a line of a product that is of another category now, or no longer a
-- service line; and those with a date among the days by which the as-of date moves. Where entities are derived from many rows
-- (macros/landing/entities.sql) it is every order. A touch too many does no harm, so those of a run that did not finish stay.
{{ config(materialized='incremental', incremental_strategy='accumulate') }}
{{ runs_after('int_snapshots_moved') }}
{{ runs_after('int_products_deduplicated') }}
{%- for entity in ['orders', 'order_items', 'payments', 'reviews'] %}
{{ runs_after('int_' ~ entity ~ '_fated') }}
{%- endfor %}
{%- set products = state_of('dim_products') %}
{%- set orders = state_of('fct_orders') %}
{%- set is_row_by_row = var('source_system') in sources_with_row_by_row_entities() %}
{%- set of_new_files = '_source_file in (select new_files.source_file from ' ~ ref('new_files') ~ ' as new_files)' %}
{%- set of_the_batch = of_new_files if is_row_by_row else 'true' %}

with

batches as (
    select distinct batch_number from {{ ref('new_files') }}
),

{% if has_finished_runs() and products and orders -%}
moved_days as (
    select
        min(moved_from) as moved_from,
        max(moved_to) as moved_to
    from {{ ref('int_snapshots_moved') }}
),

products_changed as (
    select products.product_id
    from {{ ref('int_products_deduplicated') }} as products
    left join {{ products }} as products_before on products.product_id = products_before.product_id
    where
        products.category is distinct from products_before.category
        or products.is_service_line is distinct from products_before.is_service_line
),

items_landed as (
    select distinct order_item_id
    from {{ ref('int_order_items_fated') }}
    where {{ of_the_batch }}
),

payments_landed as (
    select distinct payment_id
    from {{ ref('int_payments_fated') }}
    where {{ of_the_batch }}
),

reviews_landed as (
    select distinct review_id
    from {{ ref('int_reviews_fated') }}
    where {{ of_the_batch }}
),

orders_touched as (
    select order_id
    from {{ ref('int_orders_fated') }} as orders
    where
        {{ of_the_batch }}
        {%- for moment in ['ordered_at', 'delivered_at', 'canceled_at', 'returned_at'] %}
        or {{ is_of_moved_days('orders.' ~ moment) }}
        {%- endfor %}

    union

    select order_id
    from {{ ref('int_order_items_fated') }}
    where
        order_item_id in (select items_landed.order_item_id from items_landed)
        or product_id in (select products_changed.product_id from products_changed)

    union

    select order_id
    from {{ ref('int_payments_fated') }} as payments
    where
        payment_id in (select payments_landed.payment_id from payments_landed)
        or {{ is_of_moved_days('payments.attempted_at') }}

    union

    select order_id
    from {{ ref('int_reviews_fated') }} as reviews
    where
        review_id in (select reviews_landed.review_id from reviews_landed)
        or {{ is_of_moved_days('reviews.reviewed_at') }}
    {%- if not is_row_by_row %}

    union

    select order_id from {{ orders }}
    {%- endif %}
),
{%- else -%}
orders_touched as (
    select order_id
    from {{ ref('int_orders_fated') }}
    where false
),
{%- endif %}

final as (
    select
        orders_touched.order_id,
        batches.batch_number
    from orders_touched
    cross join batches
    where orders_touched.order_id is not null
)

select * from final
