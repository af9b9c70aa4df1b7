-- The customers who stopped just before a step, those of the latest entry first; device, channel and category are those of that entry.
with stops as (
    select
        customer_id,
        unit_id,
        scope_value,
        entered_at,
        device_type,
        traffic_channel,
        category
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
),

listed as (
    select
        customer_id,
        count(*) as stop_count,
        max(entered_at) as last_entered_at
    from stops
    group by customer_id
    order by last_entered_at desc, customer_id asc
    limit 500
),

latest as (
    select
        listed.customer_id,
        listed.stop_count,
        listed.last_entered_at,
        stops.device_type,
        stops.traffic_channel,
        stops.category
    from listed
    inner join stops on listed.customer_id = stops.customer_id
    qualify
        row_number() over (
            partition by stops.customer_id
            order by stops.entered_at desc, stops.unit_id asc, stops.scope_value asc
        ) = 1
)

select
    latest.customer_id,
    customers.customer_name,
    customers.email,
    latest.last_entered_at,
    latest.stop_count,
    latest.device_type,
    latest.traffic_channel,
    latest.category,
    customers.last_ordered_on,
    customers.order_count,
    customers.revenue_amount,
    customers.engagement_segment
from latest
left join marts.customer_360 as customers on latest.customer_id = customers.customer_id
order by latest.last_entered_at desc, latest.customer_id asc
