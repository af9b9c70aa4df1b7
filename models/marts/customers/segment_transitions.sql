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

with_segments_before as (
    select
        customer_id,
        snapshot_on,
        rfm_segment,
        engagement_segment,
        value_segment,
        lag(rfm_segment) over by_date as rfm_segment_before,
        lag(engagement_segment) over by_date as engagement_segment_before,
        lag(value_segment) over by_date as value_segment_before
    from scores
    window by_date as (partition by customer_id order by snapshot_on nulls last)
),

moves as (
    select
        'rfm' as scheme,
        snapshot_on,
        coalesce(rfm_segment_before, 'New') as from_segment,
        rfm_segment as to_segment,
        count(*) as customer_count
    from with_segments_before
    group by 2, 3, 4
    union all
    select
        'engagement' as scheme,
        snapshot_on,
        coalesce(engagement_segment_before, 'New') as from_segment,
        engagement_segment as to_segment,
        count(*) as customer_count
    from with_segments_before
    group by 2, 3, 4
    union all
    select
        'value' as scheme,
        snapshot_on,
        coalesce(value_segment_before, 'New') as from_segment,
        value_segment as to_segment,
        count(*) as customer_count
    from with_segments_before
    group by 2, 3, 4
),

transitions as (
    select
        moves.*,
        snapshots.previous_snapshot_on
    from moves
    inner join snapshots on moves.snapshot_on = snapshots.snapshot_on
    where snapshots.previous_snapshot_on is not null
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
