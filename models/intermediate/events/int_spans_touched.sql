-- Which times of which visitors this batch changes: everything that is told by visitor and time is made anew there and stays as it
-- is elsewhere. Grain: one row per visitor_id and span, both ends inclusive; spans may overlap.
-- Two events of a visitor belong together when they are at most the timeout apart; what belongs together is an island, and an island
-- is never cut by a span. Touched are:
-- 1. islands that an event of the batch, or one that it replaces, lies in or next to, and those events themselves;
-- 2. the island after each of them: whether a visitor was there before is said of its first session;
-- 3. islands in which the device's owner changes, because somebody was seen logged in there;
-- 4. islands with an event whose product, or whose order's products, are of another category now: funnels are told by category.
-- has_other_events is false for 3: there nothing but the owner is another (int_event_spans_touched leaves these out). has_changed_events
-- is true where an event that was there before may be gone, or another, or of another category, and not only new ones came. It is true of
-- all that a run noted which did not finish: its file may be another by now, and tables that it wrote are ahead of these notes.
-- A touch too many does no harm, so the spans of a run that did not finish stay for the next one.
{{ config(materialized='incremental', incremental_strategy='accumulate') }}
{{ runs_after('int_events_deduplicated') }}
{{ runs_after('int_products_deduplicated') }}
{{ runs_after('int_order_items_fated') }}
{{ runs_after('int_visitors_reidentified') }}
{%- set sessions = state_of('int_sessions_summarized') %}
{%- set owners = state_of('int_visitors_identified') %}
{%- set products = state_of('dim_products') %}
{%- set is_increment = has_finished_runs() and sessions and owners and products %}

with

{% if is_increment -%}
products_recategorized as (
    select products.product_id
    from {{ ref('int_products_deduplicated') }} as products
    left join {{ products }} as products_before on products.product_id = products_before.product_id
    where products.category is distinct from products_before.category
),

items_landed as (
    select distinct order_item_id
    from {{ ref('int_order_items_fated') }}
    where _source_file in (select new_files.source_file from {{ ref('new_files') }} as new_files)
),

orders_recategorized as ( -- noqa: ST03
    select order_id
    from {{ ref('int_order_items_fated') }}
    where
        order_item_id in (select items_landed.order_item_id from items_landed)
        or product_id in (select products_recategorized.product_id from products_recategorized)
),

{% endif -%}
batch as (
    select * from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
),

known as (
    select * from {{ ref('int_events_known') }}
),

-- Deliveries of one event that do not all say the same: another one may count from now on.
versions as (
    select {{ event_columns() | join(', ') }} from known
    union
    select {{ event_columns() | join(', ') }}
    from batch
    where event_id in (select known.event_id from known)
),

events_changed as (
    select event_id
    from versions
    group by event_id
    having count(*) > 1
),

events_new as ( -- noqa: ST03
    select event_id
    from batch
    where not exists (
        select 1
        from known
        where known.event_id = batch.event_id
    )
),

events as (
    select
        visitor_id,
        event_at,
        customer_id is not null as is_identified,
        false as is_changed
    from batch

    union

    select
        visitor_id,
        event_at,
        customer_id is not null as is_identified,
        event_id in (select events_changed.event_id from events_changed) as is_changed
    from known
    {% if is_increment %}
    union

    select
        visitor_id,
        event_at,
        false as is_identified,
        case when event_id in (select events_new.event_id from events_new) then false else true end as is_changed
    from {{ ref('int_events_deduplicated') }}
    where product_id in (select products_recategorized.product_id from products_recategorized)

    union

    select
        visitor_id,
        event_at,
        false as is_identified,
        case when event_id in (select events_new.event_id from events_new) then false else true end as is_changed
    from {{ ref('int_events_deduplicated') }}
    where
        event_type = 'order_placed'
        and product_id is null
        and order_id in (select orders_recategorized.order_id from orders_recategorized)
    {% endif %}
),

batches as (
    select distinct batch_number from {{ ref('new_files') }}
),

{% if is_increment -%}
reidentified as (
    select * from {{ ref('int_visitors_reidentified') }}
),

visitors_touched as (
    select distinct visitor_id from events
),

islands as (
    select
        visitor_id,
        island_started_at,
        max(ended_at) as island_ended_at
    from {{ sessions }}
    where visitor_id in (select visitors_touched.visitor_id from visitors_touched)
    group by visitor_id, island_started_at
),

islands_touched as (
    select
        events.visitor_id,
        events.event_at,
        bool_or(events.is_changed) as has_changed_events,
        min(islands.island_started_at) as island_started_at,
        max(islands.island_ended_at) as island_ended_at
    from events
    left join islands
        on
            events.visitor_id = islands.visitor_id
            and not {{ is_after_timeout('islands.island_started_at', 'events.event_at') }}
            and not {{ is_after_timeout('events.event_at', 'islands.island_ended_at') }}
    group by events.visitor_id, events.event_at
),

spans_of_events as (
    select distinct
        visitor_id,
        least(event_at, coalesce(island_started_at, event_at)) as span_started_at,
        greatest(event_at, coalesce(island_ended_at, event_at)) as span_ended_at,
        has_changed_events
    from islands_touched
),

next_islands as (
    select
        spans.visitor_id,
        spans.span_ended_at,
        min(islands.island_started_at) as span_started_at
    from spans_of_events as spans
    inner join islands
        on
            spans.visitor_id = islands.visitor_id
            and spans.span_ended_at < islands.island_started_at
    group by spans.visitor_id, spans.span_ended_at
),

spans_after as (
    select distinct
        islands.visitor_id,
        islands.island_started_at as span_started_at,
        islands.island_ended_at as span_ended_at
    from next_islands
    inner join islands
        on
            next_islands.visitor_id = islands.visitor_id
            and next_islands.span_started_at = islands.island_started_at
),

owners_before as (
    select *
    from {{ owners }}
    where visitor_id in (select events.visitor_id from events where events.is_identified)
),

-- When somebody else owns the device than before, or nobody did.
owners_changed as (
    select
        reidentified.visitor_id,
        greatest(reidentified.valid_from, owners_before.valid_from) as changed_from,
        least(reidentified.valid_to, owners_before.valid_to) as changed_to
    from reidentified
    inner join owners_before
        on
            reidentified.visitor_id = owners_before.visitor_id
            and reidentified.valid_from < owners_before.valid_to
            and reidentified.valid_to > owners_before.valid_from
    where reidentified.customer_id <> owners_before.customer_id

    union all

    select
        visitor_id,
        valid_from as changed_from,
        valid_to as changed_to
    from reidentified
    where not exists (
        select 1
        from owners_before
        where owners_before.visitor_id = reidentified.visitor_id
    )

    union all

    select
        visitor_id,
        valid_from as changed_from,
        valid_to as changed_to
    from owners_before
    where not exists (
        select 1
        from reidentified
        where reidentified.visitor_id = owners_before.visitor_id
    )
),

spans_of_owners as (
    select distinct
        islands.visitor_id,
        islands.island_started_at as span_started_at,
        islands.island_ended_at as span_ended_at
    from islands
    inner join owners_changed
        on
            islands.visitor_id = owners_changed.visitor_id
            and islands.island_ended_at >= owners_changed.changed_from
            and islands.island_started_at < owners_changed.changed_to
),

spans as (
    select
        visitor_id,
        span_started_at,
        span_ended_at,
        true as has_other_events,
        has_changed_events
    from spans_of_events
    union
    select
        visitor_id,
        span_started_at,
        span_ended_at,
        true as has_other_events,
        false as has_changed_events
    from spans_after
    union
    select
        visitor_id,
        span_started_at,
        span_ended_at,
        false as has_other_events,
        false as has_changed_events
    from spans_of_owners
    union
    select
        noted.visitor_id,
        noted.span_started_at,
        noted.span_ended_at,
        noted.has_other_events,
        true as has_changed_events
    from {{ this }} as noted
    where noted.batch_number in (select batches.batch_number from batches)
),
{%- else -%}
spans as (
    select
        visitor_id,
        event_at as span_started_at,
        event_at as span_ended_at,
        true as has_other_events,
        false as has_changed_events
    from events
    where false
),
{%- endif %}

final as (
    select
        spans.visitor_id,
        spans.span_started_at,
        spans.span_ended_at,
        spans.has_other_events,
        spans.has_changed_events,
        batches.batch_number
    from spans
    cross join batches
)

select * from final
