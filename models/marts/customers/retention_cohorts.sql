-- What becomes of the customers who came in a month. Grain: one row per cohort_month (of the first order that counts
-- today) and months_since, for every cohort and as many months as there are from the first cohort's to the as-of
-- date's. A month that has not ended by the as-of date is immature: only the cohort's size is known there, everything
-- else is NULL, never 0.
with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where customer_id is not null
),

as_of_dates as (
    select
        *,
        {{ month_number('as_of_date') }} as as_of_month,
        {{ month_number('as_of_date + 1') }} as first_open_month
    from {{ ref('int_as_of_dates') }}
),

sales as (
    select
        orders.customer_id,
        orders.order_amount,
        cast(orders.ordered_at as date) as ordered_on,
        {{ month_number('orders.ordered_at') }} as ordered_month,
        row_number() over (
            partition by orders.customer_id order by orders.ordered_at nulls last, orders.order_id nulls last
        ) = 1 as is_first
    from orders
    inner join as_of_dates on {{ is_counted_at('orders', 'as_of_dates.as_of_moment') }}
),

customers as (
    select
        customer_id,
        {{ period_start('month', 'min(ordered_on)') }} as cohort_month,
        min(ordered_month) as first_month,
        max(ordered_month) - min(ordered_month) as last_months_since
    from sales
    group by customer_id
),

cohorts as (
    select
        cohort_month,
        first_month,
        count(*) as cohort_customer_count
    from customers
    group by cohort_month, first_month
),

month_counts as (
    select max(as_of_dates.as_of_month) - min(cohorts.first_month) + 1 as month_count
    from cohorts
    cross join as_of_dates
),

cells as (
    select
        cohorts.cohort_month,
        cast(month_numbers.months_since as integer) as months_since,
        cohorts.cohort_customer_count,
        cohorts.first_month + month_numbers.months_since < as_of_dates.first_open_month as is_mature
    from
        {{ number_series(
            'month_numbers', 'months_since', '(select coalesce(max(month_counts.month_count), 0) from month_counts)'
        ) }}
    inner join month_counts on month_numbers.months_since < month_counts.month_count
    cross join cohorts
    cross join as_of_dates
),

sales_totals as (
    select
        customers.cohort_month,
        sales.ordered_month - customers.first_month as months_since,
        count(distinct sales.customer_id) as customer_count,
        count(*) as order_count,
        count(*) filter (where sales.is_first) as first_order_count,
        sum(sales.order_amount) as revenue_amount,
        sum(case when sales.is_first then sales.order_amount else 0 end) as first_order_amount
    from sales
    inner join customers on sales.customer_id = customers.customer_id
    group by 1, 2
),

last_seen as (
    select
        cohort_month,
        last_months_since,
        count(*) as customer_count
    from customers
    group by cohort_month, last_months_since
),

-- What came back, by the month in which it did; credit notes (negative orders) lower the revenue of the month in which
-- they were written.
undone as (
    select
        customers.cohort_month,
        {{ month_number('coalesce(orders.returned_at, orders.ordered_at)') }} - customers.first_month
            as months_since,
        abs(orders.order_amount) as returned_amount,
        0 as credited_amount
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    inner join as_of_dates on {{ is_undone_at('orders', 'returned', 'returned_at', 'as_of_dates.as_of_moment') }}

    union all

    select
        customers.cohort_month,
        {{ month_number('orders.ordered_at') }} - customers.first_month as months_since,
        0 as returned_amount,
        orders.order_amount as credited_amount
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    inner join as_of_dates on {{ is_undone_at('orders', 'returned', 'returned_at', 'as_of_dates.as_of_moment') }}
    where orders.order_amount < 0
),

undone_totals as (
    select
        cohort_month,
        months_since,
        sum(returned_amount) as returned_amount,
        sum(credited_amount) as credited_amount
    from undone
    group by cohort_month, months_since
),

filled as (
    select
        cells.*,
        coalesce(sales_totals.customer_count, 0) as customer_count,
        cast(
            coalesce(
                sum(last_seen.customer_count) over (
                    partition by cells.cohort_month order by cells.months_since desc nulls last
                    rows between unbounded preceding and current row
                ), 0
            ) as bigint
        ) as customer_count_on_or_after,
        coalesce(sales_totals.order_count, 0) as order_count,
        coalesce(sales_totals.first_order_count, 0) as first_order_count,
        coalesce(sales_totals.revenue_amount, 0) as revenue_amount,
        coalesce(sales_totals.first_order_amount, 0) as first_order_amount,
        coalesce(undone_totals.returned_amount, 0) as returned_amount,
        coalesce(undone_totals.credited_amount, 0) as credited_amount
    from cells
    left join sales_totals
        on
            cells.cohort_month = sales_totals.cohort_month
            and cells.months_since = sales_totals.months_since
    left join last_seen
        on
            cells.cohort_month = last_seen.cohort_month
            and cells.months_since = last_seen.last_months_since
    left join undone_totals
        on
            cells.cohort_month = undone_totals.cohort_month
            and cells.months_since = undone_totals.months_since
),

final as (
    select
        cohort_month,
        months_since,
        cohort_customer_count,
        is_mature,
        case when is_mature then customer_count end as customer_count,
        case when is_mature then customer_count_on_or_after end as customer_count_on_or_after,
        case when is_mature then {{ rate('customer_count', 'cohort_customer_count') }} end as retention_rate,
        case when is_mature then {{ rate('customer_count_on_or_after', 'cohort_customer_count') }} end
            as retention_on_or_after_rate,
        case when is_mature then order_count end as order_count,
        case when is_mature then first_order_count end as first_order_count,
        case when is_mature then order_count - first_order_count end as repeat_order_count,
        cast(case when is_mature then revenue_amount end as decimal(18, 4)) as revenue_amount,
        cast(case when is_mature then first_order_amount end as decimal(18, 4)) as first_order_amount,
        cast(case when is_mature then revenue_amount - first_order_amount end as decimal(18, 4)) as repeat_order_amount,
        cast(case when is_mature then returned_amount end as decimal(18, 4)) as returned_amount,
        cast(case when is_mature then revenue_amount + credited_amount end as decimal(18, 4)) as net_revenue_amount
    from filled
)

select * from final
