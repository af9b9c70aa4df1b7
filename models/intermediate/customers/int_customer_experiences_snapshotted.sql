-- What each snapshot knew of how a customer fared: payments, deliveries, reviews, returns, cancellations. Grain: one row per
-- customer_id and snapshot_on from the first of them on. Each counts from its own day, whatever became of the order. Counts only
-- ever grow: a month's sum holds for every snapshot until the next one.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

with

snapshots as (
    select * from {{ ref('int_snapshot_dates') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }} as orders
    where
        customer_id is not null
        and {{ of_touched_customers('orders.customer_id') }}
),

payments as (
    select * from {{ ref('int_payments_identified') }} as payments
    where
        customer_id is not null
        and {{ of_touched_customers('payments.customer_id') }}
),

reviews as (
    select * from {{ ref('int_reviews_deduplicated') }}
),

-- One row per thing that happened; `measure` is its amount, score or duration.
happenings as (
    select
        customer_id,
        attempted_on as happened_on,
        case when is_approved then 'payment_approved' else 'payment_failed' end as happening,
        cast(null as decimal(38, 4)) as measure
    from payments

    union all

    select
        customer_id,
        cast(delivered_at as date) as happened_on,
        case
            when estimated_delivery_on is null then 'delivered'
            when cast(delivered_at as date) > estimated_delivery_on then 'delivered_late'
            else 'delivered_in_time'
        end as happening,
        cast({{ epoch_us('delivered_at') }} - {{ epoch_us('ordered_at') }} as decimal(38, 4)) as measure
    from orders

    union all

    select
        orders.customer_id,
        cast(reviews.reviewed_at as date) as happened_on,
        'reviewed' as happening,
        cast(reviews.score as decimal(38, 4)) as measure
    from reviews
    inner join orders on reviews.order_id = orders.order_id

    union all

    select
        customer_id,
        cast(coalesce(case when status = 'returned' then returned_at else canceled_at end, ordered_at) as date) as happened_on,
        status as happening,
        cast(abs(order_amount) as decimal(38, 4)) as measure
    from orders
    where status in ('returned', 'canceled')
),

months as (
    select
        customer_id,
        {{ first_snapshot_on('happened_on', as_of_date()) }} as counted_on,
        count(*) filter (where happening in ('payment_approved', 'payment_failed')) as payment_attempt_count,
        count(*) filter (where happening = 'payment_failed') as failed_payment_count,
        count(*) filter (where happening in ('delivered', 'delivered_late', 'delivered_in_time')) as delivered_order_count,
        count(*) filter (where happening = 'delivered_late') as late_order_count,
        count(*) filter (where happening in ('delivered_late', 'delivered_in_time')) as promised_order_count,
        count(measure) filter (where happening in ('delivered', 'delivered_late', 'delivered_in_time')) as timed_order_count,
        coalesce(
            sum(measure) filter (where happening in ('delivered', 'delivered_late', 'delivered_in_time')), 0
        ) as delivery_us,
        count(measure) filter (where happening = 'reviewed') as review_count,
        coalesce(sum(measure) filter (where happening = 'reviewed'), 0) as review_score_sum,
        count(*) filter (where happening = 'returned') as returned_order_count,
        coalesce(sum(measure) filter (where happening = 'returned'), 0) as returned_amount,
        count(*) filter (where happening = 'canceled') as canceled_order_count
    from happenings
    where happened_on <= {{ as_of_date() }}
    group by 1, 2
),

so_far as (
    select
        customer_id,
        counted_on,
        lead(counted_on) over by_month as next_counted_on,
        sum(payment_attempt_count) over by_month as payment_attempt_count,
        sum(failed_payment_count) over by_month as failed_payment_count,
        sum(delivered_order_count) over by_month as delivered_order_count,
        sum(late_order_count) over by_month as late_order_count,
        sum(promised_order_count) over by_month as promised_order_count,
        sum(timed_order_count) over by_month as timed_order_count,
        sum(delivery_us) over by_month as delivery_us,
        sum(review_count) over by_month as review_count,
        sum(review_score_sum) over by_month as review_score_sum,
        sum(returned_order_count) over by_month as returned_order_count,
        sum(returned_amount) over by_month as returned_amount,
        sum(canceled_order_count) over by_month as canceled_order_count
    from months
    window by_month as (partition by customer_id order by counted_on nulls last)
),

final as (
    select
        so_far.customer_id,
        snapshots.snapshot_on,
        cast(so_far.payment_attempt_count as bigint) as payment_attempt_count,
        cast(so_far.failed_payment_count as bigint) as failed_payment_count,
        {{ rate('so_far.failed_payment_count', 'so_far.payment_attempt_count') }} as payment_failure_rate,
        cast(so_far.review_count as bigint) as review_count,
        {{ rate('so_far.review_score_sum', 'so_far.review_count') }} as mean_review_score,
        cast(so_far.delivered_order_count as bigint) as delivered_order_count,
        cast(so_far.late_order_count as bigint) as late_order_count,
        {{ rate('so_far.late_order_count', 'so_far.promised_order_count') }} as late_rate,
        {{ rate('so_far.delivery_us', 'so_far.timed_order_count') }} / 86400e6 as mean_delivery_days,
        cast(so_far.returned_order_count as bigint) as returned_order_count,
        cast(so_far.returned_amount as decimal(18, 4)) as returned_amount,
        cast(so_far.canceled_order_count as bigint) as canceled_order_count
    from so_far
    inner join snapshots on {{ is_known_between('snapshots.snapshot_on', 'so_far.counted_on', 'so_far.next_counted_on') }}
    {% if not execute or is_increment() %}
    union all

    {{ carried_snapshots([
        'payment_attempt_count', 'failed_payment_count', 'payment_failure_rate', 'review_count', 'mean_review_score',
        'delivered_order_count', 'late_order_count', 'late_rate', 'mean_delivery_days', 'returned_order_count', 'returned_amount',
        'canceled_order_count',
    ]) }}
    {% endif %}
)

select * from final
