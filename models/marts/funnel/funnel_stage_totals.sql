-- Events per stage in any order: the view from far that shows a broken stage. Grain: one row per funnel and step_number.
-- An event counts once per step, whatever categories its order has.
-- Counted from sessions, which count their events by kind; only the outcomes of payments are looked up among the events.
with

sessions as (
    select * from {{ ref('int_sessions_summarized') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

visitors as (
    select
        {%- for counter in session_counters().values() %}
        sum({{ counter }}) as {{ counter }},
        count(*) filter (where {{ counter }} > 0) as sessions_with_{{ counter }},
        {%- endfor %}
        visitor_id
    from sessions
    group by visitor_id
),

kinds as (
    {%- for event_type, counter in session_counters().items() %}
    select
        '{{ event_type }}' as event_type,
        cast(sum({{ counter }}) as bigint) as event_count,
        count(*) filter (where {{ counter }} > 0) as visitor_count,
        cast(sum(sessions_with_{{ counter }}) as bigint) as session_count
    from visitors
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

outcomes as (
    select
        event_type,
        outcome,
        count(*) as event_count,
        count(distinct visitor_id) as visitor_count,
        count(distinct session_id) as session_count
    from {{ ref('int_events_sessionized') }}
    where event_type = 'payment_attempted'
    group by event_type, outcome
),

totals as (
    select
        steps.funnel,
        steps.step_number,
        case when steps.outcome is null then kinds.event_count else outcomes.event_count end as event_count,
        case when steps.outcome is null then kinds.visitor_count else outcomes.visitor_count end as visitor_count,
        case when steps.outcome is null then kinds.session_count else outcomes.session_count end as session_count
    from steps
    left join kinds on steps.event_type = kinds.event_type
    left join outcomes
        on
            steps.event_type = outcomes.event_type
            and steps.outcome = outcomes.outcome
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
