-- What is odd and accepted all the same, the most first.
select
    subject,
    description,
    checked_count,
    failed_count,
    case when checked_count >= $fewest then failed_rate end as failed_rate,
    example_ids,
    check_name
from marts.consistency_checks
order by failed_count desc, checked_count desc, check_name asc
