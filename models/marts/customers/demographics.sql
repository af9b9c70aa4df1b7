-- Who the customers are: counts, revenue and engagement by country, region, gender and age band. Grain: one row per
-- dimension and dimension_value; NULL, and an impossible age, is 'unknown'. All customers known at the as-of date are
-- in it, each once per dimension: those who never ordered too.
with

scores as (
    select * from {{ ref('int_customers_scored') }}
    where is_latest
),

snapshots as (
    select * from {{ ref('int_customers_snapshotted') }}
    where is_latest
),

customers as (
    select * from {{ ref('dim_customers') }}
),

described as (
    select
        customers.country,
        customers.region,
        customers.gender,
        {{ age_band('customers.birth_year', 'scores.snapshot_on') }} as age_band,
        snapshots.order_count,
        snapshots.revenue_amount,
        cast(scores.engagement_score as decimal(18, 12)) as engagement_score,
        scores.is_high_value,
        scores.is_at_risk,
        scores.engagement_status
    from scores
    inner join snapshots on scores.customer_id = snapshots.customer_id
    inner join customers on scores.customer_id = customers.customer_id
),

totals as (
    {% for dimension in ['country', 'region', 'gender', 'age_band'] -%}
    select
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'unknown') as dimension_value,
        count(*) as customer_count,
        count(*) filter (where order_count > 0) as ordering_customer_count,
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(revenue_amount) as decimal(18, 4)) as revenue_amount,
        sum(engagement_score) as engagement_score_sum,
        count(*) filter (where is_high_value) as high_value_count,
        count(*) filter (where is_at_risk) as at_risk_count,
        count(*) filter (where engagement_status = 'Active') as active_count
    from described
    group by 2
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        dimension,
        dimension_value,
        customer_count,
        ordering_customer_count,
        order_count,
        revenue_amount,
        {{ rate('revenue_amount', 'sum(revenue_amount) over (partition by dimension)') }} as revenue_share_rate,
        {{ mean_amount('revenue_amount', 'order_count') }} as average_order_amount,
        {{ rate('engagement_score_sum', 'customer_count') }} as mean_engagement_score,
        {{ rate('high_value_count', 'customer_count') }} as high_value_rate,
        {{ rate('at_risk_count', 'customer_count') }} as at_risk_rate,
        {{ rate('active_count', 'customer_count') }} as active_rate
    from totals
)

select * from final
