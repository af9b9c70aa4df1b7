-- Attempts and approvals by day or week ($grain), in whole weeks as far as there is data: all of them, and those of one slice ('' for
-- none). A slice of hours or of amounts, which attempts do not carry, has none. A week that the data does not cover to its ends is not
-- complete.
with extent as (
    select
        min(kpi_date) as first_on,
        max(kpi_date) as last_on
    from marts.daily_kpis
),

attempts as (
    select
        date_trunc($grain, attempted_on)::date as period_start_on,
        is_approved,
        $slice_breakdown <> ''
        and concat_ws(
            ' × ',
            case when list_contains(string_split($slice_breakdown, ' × '), 'gateway') then coalesce(gateway, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'payment_method') then coalesce(payment_method, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'device_type') then coalesce(device_type, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'app_version') then coalesce(app_version, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'country') then coalesce(country, 'unknown') end
        ) = $slice_value as is_in_slice
    from marts.fct_payments
    where fct_payments.attempted_on >= date_trunc($grain, $first::date)::date and fct_payments.attempted_on <= $last
)

select
    attempts.period_start_on as attempted_on,
    count(*) as attempt_count,
    count(*) filter (where attempts.is_approved) as approved_count,
    count(*) filter (where attempts.is_approved) / count(*) as approval_rate,
    count(*) filter (where attempts.is_in_slice) as slice_attempt_count,
    count(*) filter (where attempts.is_in_slice and attempts.is_approved) as slice_approved_count,
    case
        when count(*) filter (where attempts.is_in_slice) >= 30
            then count(*) filter (where attempts.is_in_slice and attempts.is_approved) / count(*) filter (where attempts.is_in_slice)
    end as slice_approval_rate,
    attempts.period_start_on >= extent.first_on
    and (attempts.period_start_on + to_days(case $grain when 'week' then 6 else 0 end)) <= extent.last_on as is_complete
from attempts
cross join extent
group by attempts.period_start_on, extent.first_on, extent.last_on
order by attempts.period_start_on
