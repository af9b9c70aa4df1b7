-- Attempts to pay in the dimensions that failures are broken down by. Grain: one row per
-- payment_id. What an attempt lacks is 'unknown', so that the slices of a dimension add up to the
-- whole; failure_reason is NULL only for approved attempts. Anything that is not approved has
-- failed. A view: nothing is stored twice.
{{ config(materialized='view') }}

with

payments as (
    select * from {{ ref('int_payments_deduplicated') }}
),

with_failure as (
    select
        *,
        coalesce(result <> 'approved', true) as is_failed
    from payments
),

final as (
    select
        payment_id,
        cast(attempted_at as date) as attempted_on,
        amount,
        result,
        is_failed,
        coalesce(gateway, 'unknown') as gateway,
        coalesce(payment_method, 'unknown') as payment_method,
        case when is_failed then coalesce(failure_reason, 'unknown') end as failure_reason,
        coalesce(device_type, 'unknown') as device_type,
        coalesce(app_version, 'unknown') as app_version,
        coalesce(country, 'unknown') as country,
        coalesce(
            lpad(cast(extract(hour from attempted_at) as {{ dbt.type_string() }}), 2, '0'),
            'unknown'
        ) as hour_of_day,
        coalesce({{ amount_band('amount') }}, 'unknown') as amount_band
    from with_failure
)

select * from final
