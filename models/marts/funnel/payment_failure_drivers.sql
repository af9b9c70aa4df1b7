{%- set dimensions = driver_dimensions() -%}
{%- set paired = driver_dimensions(paired=true) -%}
-- Which slices of the attempts fail more than the rest, and since when. Grain: one row per slice (a
-- value of one dimension or of two). A slice is ranked by the lower end of its excess: failures
-- above what the rest's rate would give. q_value is p_value after Benjamini and Hochberg over all
-- slices. NULL in a dimension is 'unknown'; slices with fewer than min_slice_attempts attempts, or
-- without a rest, are not tested. failing_from and failing_to are NULL unless significant.
with

attempts as (
    select * from {{ ref('int_payments_profiled') }}
),

slice_days as (
    select
        attempted_on,
        concat_ws(
            ' × '
            {%- for dimension in dimensions %},
            case when {{ dimension }} is not null then '{{ dimension }}' end
            {%- endfor %}
        ) as breakdown,
        concat_ws(' × ', {{ dimensions | join(', ') }}) as breakdown_value,
        {% for dimension in dimensions -%}
        case when {{ dimension }} is not null then 1 else 0 end{{ ' + ' if not loop.last }}
        {%- endfor %} as dimension_count,
        count(*) as attempt_count,
        count(*) filter (where is_failed) as failed_count,
        sum(amount) filter (where is_failed) as failed_amount
    from attempts
    group by grouping sets (
        {%- for dimension in dimensions %}
        (attempted_on, {{ dimension }}),
        {%- endfor %}
        {%- for first in paired %}
        {%- set is_last_first = loop.index == paired | length - 1 %}
        {%- for second in paired[loop.index:] %}
        (attempted_on, {{ first }}, {{ second }}){{ ',' if not (is_last_first and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    )
),

slices as (
    select
        breakdown || '=' || breakdown_value as slice_id,
        breakdown,
        breakdown_value,
        dimension_count,
        cast(sum(attempt_count) as bigint) as attempt_count,
        cast(sum(failed_count) as bigint) as failed_count,
        cast(coalesce(sum(failed_amount), 0) as decimal(18, 4)) as lost_amount
    from slice_days
    group by breakdown, breakdown_value, dimension_count
),

totals as (
    select
        count(*) as attempt_count,
        count(*) filter (where is_failed) as failed_count
    from attempts
),

compared as (
    select
        slices.*,
        totals.attempt_count - slices.attempt_count as rest_attempt_count,
        totals.failed_count - slices.failed_count as rest_failed_count
    from slices
    cross join totals
    where
        slices.attempt_count >= {{ var('min_slice_attempts') | int }}
        and totals.attempt_count > slices.attempt_count
),

with_rates as (
    select
        *,
        {{ rate('failed_count', 'attempt_count') }} as failure_rate,
        {{ rate('rest_failed_count', 'rest_attempt_count') }} as rest_failure_rate
    from compared
),

with_excess as (
    select
        *,
        failed_count - attempt_count * rest_failure_rate as excess_failed_count,
        {{ excess_standard_error(
            'failure_rate', 'attempt_count', 'rest_failure_rate', 'rest_attempt_count'
        ) }} as excess_standard_error,
        {{ two_proportion_z(
            'failed_count', 'attempt_count', 'rest_failed_count', 'rest_attempt_count'
        ) }} as z_score
    from with_rates
),

with_p_value as (
    select
        *,
        {{ normal_upper_tail('z_score') }} as p_value
    from with_excess
),

-- RANGE frames (the default): equal p-values share their number, and so their q-value.
with_p_number as (
    select
        *,
        count(p_value) over () as tested_count,
        count(*) over (order by p_value nulls last) as p_number
    from with_p_value
),

with_q_value as (
    select
        *,
        case
            when p_value is not null
                then least(
                    1.0,
                    min(p_value * tested_count / p_number) over (order by p_value desc nulls last)
                )
        end as q_value
    from with_p_number
),

judged as (
    select
        *,
        coalesce(q_value < {{ var('significance_level') }}, false) as is_significant,
        excess_failed_count - {{ z_of_95_percent() }} * excess_standard_error
            as excess_failed_count_low
    from with_q_value
),

daily_excesses as (
    select
        judged.slice_id,
        slice_days.attempted_on,
        {{ scaled_excess(
            'slice_days.failed_count',
            'slice_days.attempt_count',
            'judged.failed_count',
            'judged.attempt_count',
            'judged.rest_failed_count',
            'judged.rest_attempt_count'
        ) }} as scaled_excess
    from judged
    inner join slice_days
        on
            judged.breakdown = slice_days.breakdown
            and judged.breakdown_value = slice_days.breakdown_value
    where judged.is_significant
),

with_sum as (
    select
        *,
        sum(scaled_excess) over (
            partition by slice_id
            order by attempted_on nulls last
        ) as excess_through_day
    from daily_excesses
),

cumulated as (
    select
        *,
        excess_through_day - scaled_excess as excess_before_day
    from with_sum
),

-- The best run that ends on a day begins where the sum before it was lowest.
with_lowest as (
    select
        *,
        min(excess_before_day) over (partition by slice_id order by attempted_on nulls last)
            as lowest_excess_before
    from cumulated
),

-- Of equally great runs the first to end counts, in its shortest form.
run_ends as (
    select
        slice_id,
        attempted_on as failing_to,
        lowest_excess_before
    from with_lowest
    qualify
        row_number() over (
            partition by slice_id
            order by
                excess_through_day - lowest_excess_before desc nulls last,
                attempted_on nulls last
        ) = 1
),

runs as (
    select
        run_ends.slice_id,
        max(cumulated.attempted_on) as failing_from,
        run_ends.failing_to
    from run_ends
    inner join cumulated
        on
            run_ends.slice_id = cumulated.slice_id
            and run_ends.failing_to >= cumulated.attempted_on
            and run_ends.lowest_excess_before = cumulated.excess_before_day
    group by run_ends.slice_id, run_ends.failing_to
),

final as (
    select
        judged.slice_id,
        judged.breakdown,
        judged.breakdown_value,
        judged.dimension_count,
        judged.attempt_count,
        judged.failed_count,
        judged.failure_rate,
        judged.rest_attempt_count,
        judged.rest_failed_count,
        judged.rest_failure_rate,
        judged.excess_failed_count,
        judged.excess_failed_count_low,
        judged.z_score,
        judged.p_value,
        judged.q_value,
        judged.is_significant,
        cast(rank() over (order by judged.excess_failed_count_low desc nulls last) as bigint)
            as driver_rank,
        runs.failing_from,
        runs.failing_to,
        judged.lost_amount
    from judged
    left join runs on judged.slice_id = runs.slice_id
)

select * from final
