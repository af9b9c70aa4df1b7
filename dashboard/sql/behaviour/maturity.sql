-- Entries of a funnel, all or those of one value of a breakdown, and those of them that are too young to judge.
select
    count(*) as entry_count,
    count(*) filter (where not is_mature) as young_count
from marts.funnel_conversions
where
    funnel = $funnel
    and unit = $unit
    and (
        $breakdown_value = 'all'
        or $breakdown_value = coalesce(
            case $breakdown
                when 'device_type' then device_type
                when 'traffic_channel' then traffic_channel
                when 'country' then country
                when 'category' then category
                when 'customer_type' then customer_type
                when 'payment_method' then payment_method
                when 'gateway' then gateway
            end,
            'unknown'
        )
    )
