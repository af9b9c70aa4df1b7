-- Per landed table the newest day of arrival and how far it is behind the as-of date; NULL for sources that tell no such day.
with arrivals as (
    select
        source_table,
        case when landed_on > date '1970-01-01' then landed_on end as arrived_on,
        landed_count
    from marts.row_reconciliation
    where landed_count > 0
),

tables as (
    select
        source_table,
        min(arrived_on) as first_landed_on,
        max(arrived_on) as newest_landed_on,
        count(distinct arrived_on) as landing_day_count,
        arg_max(landed_count, arrived_on) as newest_row_count,
        sum(landed_count)::bigint as landed_count
    from arrivals
    group by source_table
)

select
    tables.source_table,
    tables.newest_landed_on,
    case
        when tables.newest_landed_on is not null then greatest(publication.as_of_date - tables.newest_landed_on, 0)
    end as behind_days,
    tables.newest_row_count,
    tables.first_landed_on,
    tables.landing_day_count,
    tables.landed_count
from tables
cross join serving.publication as publication
order by behind_days desc nulls last, tables.source_table asc
