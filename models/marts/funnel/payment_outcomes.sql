{%- set breakdowns = [
    'gateway', 'payment_method', 'failure_reason', 'device_type',
    'app_version', 'country', 'hour_of_day', 'amount_band',
] -%}
-- What came of the attempts to pay, overall and by breakdown. Grain: one row per breakdown and
-- value. Approval rates carry Wilson's 95 % interval; by failure_reason there is none, since only
-- failed attempts have a reason. A NULL value is 'unknown'; an attempt without an amount counts and
-- adds nothing to the amounts.
with

attempts as (
    select
        *,
        'all' as everything
    from {{ ref('int_payments_profiled') }}
),

by_breakdown as (
    select
        case
            when everything is not null then 'all'
            {%- for breakdown in breakdowns %}
            when {{ breakdown }} is not null then '{{ breakdown }}'
            {%- endfor %}
        end as breakdown,
        coalesce(everything, {{ breakdowns | join(', ') }}) as breakdown_value,
        count(*) as attempt_count,
        count(*) filter (where result = 'approved') as approved_count,
        count(*) filter (where result = 'declined') as declined_count,
        count(*) filter (where result = 'error') as error_count,
        count(*) filter (where result = 'timeout') as timeout_count,
        count(*) filter (where result = 'abandoned') as abandoned_count,
        count(*) filter (where is_failed) as failed_count,
        cast(coalesce(sum(amount), 0) as decimal(18, 4)) as attempted_amount,
        cast(coalesce(sum(amount) filter (where result = 'approved'), 0) as decimal(18, 4))
            as approved_amount
    from attempts
    group by grouping sets (
        (everything)
        {%- for breakdown in breakdowns %},
        ({{ breakdown }})
        {%- endfor %}
    )
),

-- Approved attempts have no failure_reason: their group in that breakdown is nobody's.
with_total as (
    select
        *,
        max(case when breakdown = 'all' then failed_count end) over () as all_failed_count,
        breakdown <> 'failure_reason' as is_rated
    from by_breakdown
    where breakdown_value is not null
),

final as (
    select
        breakdown,
        breakdown_value,
        attempt_count,
        approved_count,
        declined_count,
        error_count,
        timeout_count,
        abandoned_count,
        failed_count,
        case when is_rated then {{ rate('approved_count', 'attempt_count') }} end as approval_rate,
        case when is_rated then {{ wilson_bound('approved_count', 'attempt_count', 'low') }} end
            as approval_rate_low,
        case when is_rated then {{ wilson_bound('approved_count', 'attempt_count', 'high') }} end
            as approval_rate_high,
        {{ rate('failed_count', 'all_failed_count') }} as share_of_failures_rate,
        attempted_amount,
        approved_amount
    from with_total
)

select * from final
