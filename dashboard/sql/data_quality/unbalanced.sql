-- The newest 50 days and tables whose landed rows are not accounted for.
select
    source_table,
    landed_on,
    landed_count,
    accepted_count,
    quarantined_count,
    duplicate_count,
    superseded_count,
    landed_count - accepted_count - quarantined_count - duplicate_count - superseded_count as missing_count,
    count(*) over () as unbalanced_count
from marts.row_reconciliation
where not is_balanced
order by landed_on desc, source_table asc
limit 50
