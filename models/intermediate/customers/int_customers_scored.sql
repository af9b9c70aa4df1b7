-- What each snapshot says of a customer: RFM, engagement, value, risk. Grain: one row per customer_id and snapshot_on.
-- Everything is relative to the customers known at the same date; RFM and recency to those of them who had ordered. Whoever never
-- ordered has no RFM scores ('No Orders') and a recency part of 0.
with

customers_snapshotted as (
    select
        customer_id,
        snapshot_on,
        snapshot_number,
        is_latest,
        order_count,
        order_count_30_days,
        order_count > 0 as has_ordered,
        revenue_amount,
        recency_days,
        last_ordered_on,
        own_gap_limit_days,
        session_count_30_days,
        last_session_on
    from {{ ref('int_customers_snapshotted') }}
),

gaps as (
    select * from {{ ref('int_order_gaps_snapshotted') }}
),

-- The longest usual wait for a next order, over all customers.
everybodys_gaps as (
    select
        snapshot_on,
        {{ percentile('gap_days', var('at_risk_gap_percentile')) }} as gap_limit_days
    from gaps
    group by snapshot_on
),

customers as (
    select
        customers_snapshotted.*,
        coalesce(customers_snapshotted.own_gap_limit_days, everybodys_gaps.gap_limit_days) as gap_limit_days
    from customers_snapshotted
    left join everybodys_gaps on customers_snapshotted.snapshot_on = everybodys_gaps.snapshot_on
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

weights as (
    select
        cast(max(case when part = 'recency' then weight end) as double) as recency_weight,
        cast(max(case when part = 'frequency' then weight end) as double) as frequency_weight,
        cast(max(case when part = 'monetary' then weight end) as double) as monetary_weight
    from {{ ref('engagement_weights') }}
),

bounds as (
    select
        snapshot_on,
        count(*) as customer_count,
        count(recency_days) as ordered_customer_count,
        {%- if engagement_scaling() == 'min_max' %}
        {{ part_bounds('recency_days', 'recency') }},
        {{ part_bounds('order_count_30_days', 'order_frequency') }},
        {{ part_bounds('session_count_30_days', 'session_activity') }},
        {{ part_bounds('revenue_amount', 'monetary') }},
        {%- endif %}
        {%- if rfm_method() == 'quantile' %}
        {{ rfm_thresholds('recency_days', 'recency') }},
        {{ rfm_thresholds('case when has_ordered then order_count end', 'frequency') }},
        {{ rfm_thresholds('case when has_ordered then revenue_amount end', 'monetary') }},
        {%- endif %}
        {{ percentile('case when revenue_amount > 0 then revenue_amount end', var('high_value_percentile')) }}
            as high_value_threshold_amount
    from customers
    group by snapshot_on
),

{% if rfm_method() == 'rank' -%}
rfm_ranks as (
    select
        customer_id,
        snapshot_on,
        rank() over (partition by snapshot_on order by recency_days desc nulls last) as recency_rank,
        rank() over (partition by snapshot_on order by order_count nulls last) as frequency_rank,
        rank() over (partition by snapshot_on order by revenue_amount nulls last) as monetary_rank
    from customers
    where has_ordered
),

rfm_scores as (
    select
        rfm_ranks.customer_id,
        rfm_ranks.snapshot_on,
        {{ rfm_score('rfm_ranks.recency_rank', 'bounds.ordered_customer_count') }} as recency_score,
        {{ rfm_score('rfm_ranks.frequency_rank', 'bounds.ordered_customer_count') }} as frequency_score,
        {{ rfm_score('rfm_ranks.monetary_rank', 'bounds.ordered_customer_count') }} as monetary_score
    from rfm_ranks
    inner join bounds on rfm_ranks.snapshot_on = bounds.snapshot_on
),
{%- else -%}
rfm_scores as (
    select
        customers.customer_id,
        customers.snapshot_on,
        6 - ({{ rfm_quantile_score('customers.recency_days', 'bounds.recency') }}) as recency_score,
        {{ rfm_quantile_score('customers.order_count', 'bounds.frequency') }} as frequency_score,
        {{ rfm_quantile_score('customers.revenue_amount', 'bounds.monetary') }} as monetary_score
    from customers
    inner join bounds on customers.snapshot_on = bounds.snapshot_on
    where customers.has_ordered
),
{%- endif %}

rfm_codes as (
    select
        customer_id,
        snapshot_on,
        cast(recency_score as integer) as recency_score,
        cast(frequency_score as integer) as frequency_score,
        cast(monetary_score as integer) as monetary_score,
        cast(100 * recency_score + 10 * frequency_score + monetary_score as {{ dbt.type_string() }}) as rfm_code
    from rfm_scores
),

{% if engagement_scaling() == 'min_max' -%}
parts as (
    select
        customers.*,
        bounds.customer_count,
        bounds.high_value_threshold_amount,
        case
            when customers.has_ordered
                then {{ scaled_part('customers.recency_days', 'bounds.recency_low', 'bounds.recency_top', reversed=true) }}
            else 0.0
        end as recency_part,
        {{ scaled_part(
            'customers.order_count_30_days', 'bounds.order_frequency_low', 'bounds.order_frequency_top'
        ) }} as order_frequency_part,
        {{ scaled_part(
            'customers.session_count_30_days', 'bounds.session_activity_low', 'bounds.session_activity_top'
        ) }} as session_activity_part,
        {{ scaled_part('customers.revenue_amount', 'bounds.monetary_low', 'bounds.monetary_top') }} as monetary_part
    from customers
    inner join bounds on customers.snapshot_on = bounds.snapshot_on
),
{%- else -%}
part_ranks as (
    select
        *,
        rank() over (partition by snapshot_on, has_ordered order by recency_days desc nulls last) as recency_rank,
        rank() over (partition by snapshot_on order by order_count_30_days nulls last) as order_frequency_rank,
        rank() over (partition by snapshot_on order by session_count_30_days nulls last) as session_activity_rank,
        rank() over (partition by snapshot_on order by revenue_amount nulls last) as monetary_rank
    from customers
),

parts as (
    select
        part_ranks.*,
        bounds.customer_count,
        bounds.high_value_threshold_amount,
        case
            when part_ranks.has_ordered
                then {{ percentile_of_rank('part_ranks.recency_rank', 'bounds.ordered_customer_count') }}
            else 0.0
        end as recency_part,
        {{ percentile_of_rank('part_ranks.order_frequency_rank', 'bounds.customer_count') }} as order_frequency_part,
        {{ percentile_of_rank('part_ranks.session_activity_rank', 'bounds.customer_count') }} as session_activity_part,
        {{ percentile_of_rank('part_ranks.monetary_rank', 'bounds.customer_count') }} as monetary_part
    from part_ranks
    inner join bounds on part_ranks.snapshot_on = bounds.snapshot_on
),
{%- endif %}

contributions as (
    select
        parts.*,
        (parts.order_frequency_part + parts.session_activity_part) / 2 as frequency_part,
        weights.recency_weight * parts.recency_part as recency_contribution,
        weights.frequency_weight * ((parts.order_frequency_part + parts.session_activity_part) / 2) as frequency_contribution,
        weights.monetary_weight * parts.monetary_part as monetary_contribution
    from parts
    cross join weights
),

-- This single column is what the chain exists for.
scores as (
    select
        *,
        {{ engagement_score('recency_contribution', 'frequency_contribution', 'monetary_contribution') }} as engagement_score
    from contributions
),

ranked as (
    select
        *,
        rank() over (partition by snapshot_on order by engagement_score nulls last) as engagement_rank
    from scores
),

with_past as (
    select
        *,
        lag(engagement_rank, 3) over (partition by customer_id order by snapshot_on nulls last) as engagement_rank_then,
        lag(customer_count, 3) over (partition by customer_id order by snapshot_on nulls last) as customer_count_then,
        {{ is_at_risk('recency_days', 'gap_limit_days', 'session_count_30_days') }} as is_at_risk,
        coalesce(cast(revenue_amount as double) > high_value_threshold_amount, false) as is_high_value
    from ranked
),

final as (
    select
        with_past.customer_id,
        with_past.snapshot_on,
        with_past.snapshot_number,
        with_past.is_latest,
        rfm_codes.recency_score,
        rfm_codes.frequency_score,
        rfm_codes.monetary_score,
        rfm_codes.rfm_code,
        case when with_past.has_ordered then segments.segment else 'No Orders' end as rfm_segment,
        with_past.recency_part,
        with_past.order_frequency_part,
        with_past.session_activity_part,
        with_past.frequency_part,
        with_past.monetary_part,
        with_past.recency_contribution,
        with_past.frequency_contribution,
        with_past.monetary_contribution,
        with_past.engagement_score,
        with_past.engagement_rank,
        with_past.customer_count,
        {{ percentile_of_rank('with_past.engagement_rank', 'with_past.customer_count') }} as engagement_percentile,
        {{ score_band('with_past.engagement_score') }} as score_band,
        case
            when with_past.is_at_risk then 'At Risk'
            else {{ score_band('with_past.engagement_score') }}
        end as engagement_segment,
        {{ engagement_status(
            'with_past.last_ordered_on', 'with_past.last_session_on', 'with_past.snapshot_on'
        ) }} as engagement_status,
        with_past.gap_limit_days,
        with_past.is_at_risk,
        {{ is_declining(
            'with_past.engagement_rank_then', 'with_past.customer_count_then', 'with_past.engagement_rank', 'with_past.customer_count'
        ) }} as is_declining,
        with_past.high_value_threshold_amount,
        with_past.is_high_value,
        {{ is_engaged('with_past.engagement_score') }} as is_engaged,
        {{ value_segment(is_engaged('with_past.engagement_score'), 'with_past.is_high_value') }} as value_segment
    from with_past
    left join rfm_codes
        on with_past.customer_id = rfm_codes.customer_id and with_past.snapshot_on = rfm_codes.snapshot_on
    left join segments on rfm_codes.rfm_code = segments.rfm_code
)

select * from final
