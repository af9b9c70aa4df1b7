-- Events per stage in any order: the view from far that shows a broken stage. Grain: one row per funnel and step_number.
-- An event counts once per step, whatever categories its order has.
with

funnel_events as (
    select * from {{ ref('int_funnel_events') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

totals as (
    select
        funnel,
        step_number,
        count(distinct event_id) as event_count,
        count(distinct visitor_id) as visitor_count,
        count(distinct session_id) as session_count
    from funnel_events
    group by funnel, step_number
),

with_all_steps as (
    select
        steps.funnel,
        cast(steps.step_number as integer) as step_number,
        steps.step_name,
        coalesce(totals.event_count, 0) as event_count,
        coalesce(totals.visitor_count, 0) as visitor_count,
        coalesce(totals.session_count, 0) as session_count
    from steps
    left join totals
        on
            steps.funnel = totals.funnel
            and steps.step_number = totals.step_number
),

with_other_steps as (
    select
        *,
        first_value(event_count) over (partition by funnel order by step_number nulls last) as first_event_count,
        lag(event_count) over (partition by funnel order by step_number nulls last) as previous_event_count
    from with_all_steps
),

final as (
    select
        funnel,
        step_number,
        step_name,
        event_count,
        visitor_count,
        session_count,
        {{ rate('event_count', 'first_event_count') }} as share_of_first_rate,
        {{ rate('event_count', 'previous_event_count') }} as share_of_previous_rate
    from with_other_steps
)

select * from final
