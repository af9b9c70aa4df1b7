-- What happened after an order's first failed attempt to pay. Grain: one row per order_id with a
-- failed attempt. Attempts are ordered by (attempted_at, payment_id); attempts without an order_id
-- cannot be followed and are left out, and so are orders that were paid before the first failure
-- (a second click on a paid order loses nothing). A method or gateway that is not known (NULL) is never taken
-- for a switch.
with

attempts as (
    select * from {{ ref('fct_payments') }}
    where order_id is not null
),

failed_attempts as (
    select * from attempts
    where is_approved is not true
),

-- Whether an approval came before, in the order of the attempts.
with_approvals_before as (
    select
        *,
        sum(case when is_approved then 1 else 0 end) over (
            partition by order_id
            order by attempted_at nulls last, payment_id nulls last
            rows between unbounded preceding and current row
        ) as approvals_so_far
    from attempts
),

first_of_order as (
    select *
    from with_approvals_before
    where is_approved is not true
    qualify
        row_number() over (
            partition by order_id
            order by attempted_at nulls last, payment_id nulls last
        ) = 1
),

first_failures as (
    select * from first_of_order
    where approvals_so_far = 0
),

failure_counts as (
    select
        order_id,
        count(*) as failed_count
    from failed_attempts
    group by order_id
),

later_attempts as (
    select
        attempts.order_id,
        attempts.payment_id,
        attempts.attempted_at,
        attempts.amount,
        attempts.is_approved,
        attempts.payment_method <> first_failures.payment_method as is_method_switched,
        attempts.gateway <> first_failures.gateway as is_gateway_switched
    from attempts
    inner join first_failures on attempts.order_id = first_failures.order_id
    where
        attempts.attempted_at > first_failures.attempted_at
        or (
            attempts.attempted_at = first_failures.attempted_at
            and attempts.payment_id > first_failures.payment_id
        )
),

later_totals as (
    select
        order_id,
        count(*) as later_attempt_count,
        bool_or(is_method_switched) as is_method_switched,
        bool_or(is_gateway_switched) as is_gateway_switched
    from later_attempts
    group by order_id
),

recovering_attempts as (
    select
        order_id,
        attempted_at,
        amount
    from later_attempts
    where is_approved
    qualify
        row_number() over (
            partition by order_id
            order by attempted_at nulls last, payment_id nulls last
        ) = 1
),

final as (
    select
        first_failures.order_id,
        first_failures.customer_id,
        first_failures.attempted_at as first_failed_at,
        first_failures.failure_reason as first_failure_reason,
        first_failures.payment_method as first_payment_method,
        first_failures.gateway as first_gateway,
        failure_counts.failed_count,
        coalesce(later_totals.later_attempt_count, 0) as later_attempt_count,
        coalesce(later_totals.is_method_switched, false) as is_method_switched,
        coalesce(later_totals.is_gateway_switched, false) as is_gateway_switched,
        recovering_attempts.order_id is not null as is_recovered,
        recovering_attempts.attempted_at as recovered_at,
        {{ seconds_between('first_failures.attempted_at', 'recovering_attempts.attempted_at') }}
            as seconds_to_recover,
        first_failures.amount as attempted_amount,
        case
            when recovering_attempts.order_id is not null then recovering_attempts.amount
            else cast(0 as decimal(18, 4))
        end as recovered_amount,
        case
            when recovering_attempts.order_id is null then first_failures.amount
            else cast(0 as decimal(18, 4))
        end as lost_amount,
        {{ conversion_window_end('first_failures.attempted_at') }} <= {{ as_of_moment() }}
            as is_mature
    from first_failures
    inner join failure_counts on first_failures.order_id = failure_counts.order_id
    left join later_totals on first_failures.order_id = later_totals.order_id
    left join recovering_attempts on first_failures.order_id = recovering_attempts.order_id
)

select * from final
