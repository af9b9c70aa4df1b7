-- The customers who stopped just before a step, those of the latest entry first.
with stopped as (
    select
        customer_id,
        count(*) as stop_count,
        max(entered_at) as last_entered_at,
        arg_max(device_type, entered_at) as device_type,
        arg_max(traffic_channel, entered_at) as traffic_channel,
        arg_max(category, entered_at) as category
    from marts.funnel_conversions
    where
        funnel = $funnel
        and unit = $unit
        and is_mature
        and customer_id is not null
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
    group by customer_id
    order by last_entered_at desc, customer_id asc
    limit 500
)

select
    stopped.customer_id,
    customers.customer_name,
    customers.email,
    stopped.last_entered_at,
    stopped.stop_count,
    stopped.device_type,
    stopped.traffic_channel,
    stopped.category,
    customers.last_ordered_on,
    customers.order_count,
    customers.revenue_amount,
    customers.engagement_segment
from stopped
left join marts.customer_360 as customers on stopped.customer_id = customers.customer_id
order by stopped.last_entered_at desc, stopped.customer_id asc
