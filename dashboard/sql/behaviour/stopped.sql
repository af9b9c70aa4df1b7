-- How many units stopped just before a step, and how many customers are known among them.
select
    count(*) as unit_count,
    count(*) filter (where customer_id is null) as unknown_unit_count,
    count(distinct customer_id) as customer_count
from marts.funnel_conversions
where
    funnel = $funnel
    and unit = $unit
    and is_mature
    and furthest_step_number = $step_number::integer - 1
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
