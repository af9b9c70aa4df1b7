-- Shoppers who are too fast or too regular for a person: the rules of session_risk on all gaps of a shopper together. Grain: one
-- row per shopper_id with a session that ended by the as-of date, the customer of the session, or its device while nobody ever
-- logged in there (customer_id is NULL then).
{{ config(materialized='incremental', meta={'scope': shopper_scope('shopper_id')}) }}

with

session_risks as (
    select * from {{ ref('session_risk') }}
),

ended_sessions as (
    select session_id
    from {{ ref('fct_sessions') }}
    where ended_at < {{ as_of_moment() }}
),

sessions as (
    select
        session_risks.*,
        {{ shopper_id('session_risks.customer_id', 'session_risks.visitor_id') }} as shopper_id
    from session_risks
    inner join ended_sessions on session_risks.session_id = ended_sessions.session_id
    where {{ of_touched_shoppers(shopper_id('session_risks.customer_id', 'session_risks.visitor_id')) }}
),

session_totals as (
    select
        shopper_id,
        max(customer_id) as customer_id,
        count(distinct visitor_id) as visitor_count,
        count(*) as session_count,
        cast(sum(event_count) as bigint) as event_count,
        count(*) filter (where is_likely_bot) as bot_session_count,
        count(*) filter (where is_impulsive) as impulsive_session_count
    from sessions
    group by shopper_id
),

shopper_gaps as (
    select
        sessions.shopper_id,
        gaps.gap_us,
        gaps.is_rapid,
        gaps.events_in_minute
    from {{ ref('int_event_gaps_measured') }} as gaps
    inner join sessions on gaps.session_id = sessions.session_id
),

gaps as (
    select
        shopper_id,
        {{ gap_measures() }}
    from shopper_gaps
    group by shopper_id
),

measured as (
    select
        session_totals.shopper_id,
        session_totals.customer_id,
        session_totals.visitor_count,
        session_totals.session_count,
        session_totals.event_count,
        coalesce(gaps.gap_count, 0) as gap_count,
        coalesce(gaps.rapid_event_count, 0) as rapid_event_count,
        {{ rate('gaps.rapid_event_count', 'gaps.gap_count') }} as rapid_event_rate,
        coalesce(gaps.max_events_per_minute, 1) as max_events_per_minute,
        gaps.median_gap_seconds,
        gaps.gap_variation,
        session_totals.bot_session_count,
        session_totals.impulsive_session_count
    from session_totals
    left join gaps on session_totals.shopper_id = gaps.shopper_id
),

with_bots as (
    select
        *,
        {{ is_likely_bot() }} as is_likely_bot
    from measured
),

judged as (
    select
        *,
        {{ is_impulsive() }} as is_impulsive
    from with_bots
),

final as (
    select
        *,
        {{ risk_level() }} as risk_level,
        {{ risk_reasons() }} as risk_reasons
    from judged
)

select * from final
