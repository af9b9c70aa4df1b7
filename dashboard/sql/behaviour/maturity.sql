-- Entries of a funnel, and those of them that are too young to judge.
select
    count(*) as entry_count,
    count(*) filter (where not is_mature) as young_count
from marts.funnel_conversions
where funnel = $funnel and unit = $unit
