-- Refused rows by table and reason; a row with two reasons counts under each.
with reasons as (
    select
        source_table,
        landed_on,
        trim(unnest(string_split(rejection_reasons, ','))) as reason
    from marts.quarantined_rows
)

select
    source_table,
    reason,
    count(*) as quarantined_count,
    max(case when landed_on > date '1970-01-01' then landed_on end) as newest_landed_on
from reasons
group by source_table, reason
order by quarantined_count desc, source_table asc, reason asc
