-- Attempts and approvals by day or week ($grain) of the period: all of them, and those of one slice. A slice of hours or of amounts, which
-- attempts do not carry, has none.
with attempts as (
    select
        date_trunc($grain, attempted_on)::date as attempted_on,
        is_approved,
        concat_ws(
            ' × ',
            case when list_contains(string_split($slice_breakdown, ' × '), 'gateway') then coalesce(gateway, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'payment_method') then coalesce(payment_method, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'device_type') then coalesce(device_type, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'app_version') then coalesce(app_version, 'unknown') end,
            case when list_contains(string_split($slice_breakdown, ' × '), 'country') then coalesce(country, 'unknown') end
        ) = $slice_value as is_in_slice
    from marts.fct_payments
    where fct_payments.attempted_on between $first and $last
)

select
    attempted_on,
    count(*) as attempt_count,
    count(*) filter (where is_approved) as approved_count,
    count(*) filter (where is_approved) / count(*) as approval_rate,
    count(*) filter (where is_in_slice) as slice_attempt_count,
    count(*) filter (where is_in_slice and is_approved) as slice_approved_count,
    case
        when count(*) filter (where is_in_slice) >= 30
            then count(*) filter (where is_in_slice and is_approved) / count(*) filter (where is_in_slice)
    end as slice_approval_rate
from attempts
group by attempted_on
order by attempted_on
