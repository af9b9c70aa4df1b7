-- The newest 20 refused rows of a table and a reason; 'all' stands for any. The row comes with its personal fields masked.
select
    source_table,
    rejection_reasons,
    case when landed_on > date '1970-01-01' then landed_on end as landed_on,
    raw_row,
    source_file
from marts.quarantined_rows
where
    ($table = 'all' or source_table = $table)
    and ($reason = 'all' or list_contains(string_split(replace(rejection_reasons, ' ', ''), ','), $reason))
order by landed_on desc nulls last, quarantined_row_id asc
limit 20
