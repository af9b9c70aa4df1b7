-- Question: which rows were refused, for which reason, and is it a trickle or a broken file?
-- How to read it: one row per landed table and reason; a row with two reasons stands under both. file_count of 1 with many
-- rows is a broken file, few rows in many files are a sender's habit. share_of_table_rate is over all landed rows.
with

refused as (
    select
        source_table,
        source_file,
        landed_on,
        unnest(string_split(rejection_reasons, ',')) as rejection_reason
    from marts.quarantined_rows
),

landed as (
    select
        source_table,
        sum(landed_count) as landed_count
    from marts.row_reconciliation
    group by source_table
)

select
    refused.source_table,
    refused.rejection_reason,
    count(*) as row_count,
    round(count(*) / any_value(landed.landed_count), 6) as share_of_table_rate,
    count(distinct refused.source_file) as file_count,
    min(refused.landed_on) as first_landed_on,
    max(refused.landed_on) as last_landed_on
from refused
inner join landed on refused.source_table = landed.source_table
group by refused.source_table, refused.rejection_reason
order by row_count desc nulls last, refused.source_table asc nulls last, refused.rejection_reason asc nulls last;
