-- Who moved from which segment to which, from each snapshot to the next. Grain: one row per scheme, snapshot_on, from_segment and
-- to_segment. Schemes are rfm, engagement and value. Customers who were not known before come from 'New'; nobody leaves.
with

scores as (
    select * from {{ ref('int_customers_scored') }}
),

snapshots as (
    select
        snapshot_on,
        lag(snapshot_on) over (order by snapshot_on nulls last) as previous_snapshot_on
    from {{ ref('int_snapshot_dates') }}
),

segments as (
    select
        'rfm' as scheme,
        customer_id,
        snapshot_on,
        rfm_segment as segment
    from scores
    union all
    select
        'engagement' as scheme,
        customer_id,
        snapshot_on,
        engagement_segment as segment
    from scores
    union all
    select
        'value' as scheme,
        customer_id,
        snapshot_on,
        value_segment as segment
    from scores
),

with_segment_before as (
    select
        segments.scheme,
        segments.snapshot_on,
        snapshots.previous_snapshot_on,
        segments.segment as to_segment,
        coalesce(
            lag(segments.segment) over (
                partition by segments.scheme, segments.customer_id order by segments.snapshot_on nulls last
            ),
            'New'
        ) as from_segment
    from segments
    inner join snapshots on segments.snapshot_on = snapshots.snapshot_on
),

transitions as (
    select
        scheme,
        snapshot_on,
        previous_snapshot_on,
        from_segment,
        to_segment,
        count(*) as customer_count
    from with_segment_before
    where previous_snapshot_on is not null
    group by scheme, snapshot_on, previous_snapshot_on, from_segment, to_segment
),

final as (
    select
        scheme,
        snapshot_on,
        from_segment,
        to_segment,
        previous_snapshot_on,
        customer_count,
        {{ rate('customer_count', 'sum(customer_count) over (partition by scheme, snapshot_on, from_segment)') }} as share_rate
    from transitions
)

select * from final
