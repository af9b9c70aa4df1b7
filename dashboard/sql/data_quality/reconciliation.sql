-- Per landed table what became of its rows, and on how many days the fates do not add up.
select
    source_table,
    sum(landed_count)::bigint as landed_count,
    sum(accepted_count)::bigint as accepted_count,
    sum(quarantined_count)::bigint as quarantined_count,
    sum(duplicate_count)::bigint as duplicate_count,
    sum(superseded_count)::bigint as superseded_count,
    sum(quarantined_count) / nullif(sum(landed_count), 0) as quarantined_rate,
    count(*) filter (where not is_balanced) as unbalanced_day_count,
    bool_and(is_balanced) as is_balanced
from marts.row_reconciliation
group by source_table
order by landed_count desc, source_table asc
