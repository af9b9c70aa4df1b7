-- Nothing is lost: landed = accepted + quarantined + duplicate + superseded. Grain: one row per landed table and day.
-- The landed count is taken on the files, the rest from the tables.
with

landed as (
    select
        source_table,
        landed_on,
        cast(sum(landed_count) as bigint) as landed_count
    from {{ ref('int_landed_counts') }}
    group by source_table, landed_on
),

fates as (
    select
        source_table,
        landed_on,
        cast(coalesce(sum(row_count) filter (where fate = 'accepted'), 0) as bigint) as accepted_count,
        cast(coalesce(sum(row_count) filter (where fate = 'quarantined'), 0) as bigint) as quarantined_count,
        cast(coalesce(sum(row_count) filter (where fate = 'duplicate'), 0) as bigint) as duplicate_count,
        cast(coalesce(sum(row_count) filter (where fate = 'superseded'), 0) as bigint) as superseded_count
    from {{ ref('int_row_fates') }}
    group by source_table, landed_on
),

joined as (
    select
        coalesce(landed.source_table, fates.source_table) as source_table,
        coalesce(landed.landed_on, fates.landed_on) as landed_on,
        coalesce(landed.landed_count, 0) as landed_count,
        coalesce(fates.accepted_count, 0) as accepted_count,
        coalesce(fates.quarantined_count, 0) as quarantined_count,
        coalesce(fates.duplicate_count, 0) as duplicate_count,
        coalesce(fates.superseded_count, 0) as superseded_count
    from landed
    full join fates
        on
            landed.source_table = fates.source_table
            and landed.landed_on = fates.landed_on
),

final as (
    select
        *,
        landed_count = accepted_count + quarantined_count + duplicate_count + superseded_count as is_balanced
    from joined
)

select * from final
