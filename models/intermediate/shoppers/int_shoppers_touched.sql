-- Shoppers of whom this batch may say something new: customers, and devices that nobody logged in on. What is told by shopper is made
-- anew for them and stays as it is for the others. Grain: one row per shopper_id and batch. Touched are:
-- 1. visitors with touched spans, and those who log in or pay in the batch;
-- 2. the owners of these devices, as they were before and as they are now;
-- 3. customers whose own row or payment is in the batch, by any version of it;
-- 4. customers with a touched order (int_orders_touched), or with anything else that is dated by the days by which the as-of date
--    moves: it is known from now on (or not any more).
-- Where entities are derived from many rows (macros/landing/entities.sql), and when there are other snapshots, every customer is touched.
-- A touch too many does no harm, so the shoppers of a run that did not finish stay for the next one.
{{ config(materialized='incremental', incremental_strategy='accumulate') }}
{{ runs_after('int_spans_touched') }}
{{ runs_after('int_visitors_seen') }}
{{ runs_after('int_visitors_reidentified') }}
{{ runs_after('int_orders_touched') }}
{{ runs_after('int_snapshots_moved') }}
{%- for entity in ['customers', 'orders', 'payments'] %}
{{ runs_after('int_' ~ entity ~ '_fated') }}
{%- endfor %}
{%- set owners = state_of('int_visitors_identified') %}
{%- set customers = state_of('dim_customers') %}
{%- set is_row_by_row = var('source_system') in sources_with_row_by_row_entities() %}
{%- set of_the_batch = '_source_file in (select new_files.source_file from ' ~ ref('new_files') ~ ' as new_files)' %}

with

batches as (
    select distinct batch_number from {{ ref('new_files') }}
),

{% if has_finished_runs() and owners and customers -%}
moved_days as (
    select
        min(moved_from) as moved_from,
        max(moved_to) as moved_to,
        coalesce(bool_or(is_everything), false) as is_everything
    from {{ ref('int_snapshots_moved') }}
),

payments_landed as (
    select distinct payment_id
    from {{ ref('int_payments_fated') }}
    where {{ of_the_batch }}
),

payments as (
    select *
    from {{ ref('int_payments_fated') }} as attempts
    where
        payment_id in (select payments_landed.payment_id from payments_landed)
        or {{ is_of_moved_days('attempts.attempted_at') }}
),

visitors_touched as (
    select visitor_id from {{ ref('int_spans_touched') }}
    union
    select visitor_id from {{ ref('int_visitors_seen') }}
    union
    select visitor_id from payments
),

shoppers as (
    select visitor_id as shopper_id from visitors_touched
    union
    select customer_id as shopper_id
    from {{ owners }}
    where visitor_id in (select visitors_touched.visitor_id from visitors_touched)
    union
    select customer_id as shopper_id from {{ ref('int_visitors_reidentified') }}
    union
    select customer_id as shopper_id from payments
    union
    select customer_id as shopper_id
    from {{ ref('int_orders_fated') }}
    where order_id in (select touched.order_id from {{ ref('int_orders_touched') }} as touched)
    union
    select customer_id as shopper_id
    from {{ ref('int_customers_fated') }} as customers
    where {{ of_the_batch ~ ' or ' ~ is_of_moved_days('customers.signed_up_at') if is_row_by_row else 'true' }}
    union
    select customer_id as shopper_id
    from {{ customers }}
    where {{ '(select moved_days.is_everything from moved_days)' if is_row_by_row else 'true' }}
),
{%- else -%}
shoppers as (
    select visitor_id as shopper_id
    from {{ ref('int_spans_touched') }}
    where false
),
{%- endif %}

final as (
    select
        shoppers.shopper_id,
        batches.batch_number
    from shoppers
    cross join batches
    where shoppers.shopper_id is not null
)

select * from final
