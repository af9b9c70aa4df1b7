{# A visitor's next event starts a new session when it comes STRICTLY more than the timeout after the one before.
   Timestamps are compared with an interval: counting clock minutes would keep a gap of 30:59 together. #}
{% macro is_after_timeout(event_at, previous_event_at) -%}
    {{ event_at }} > {{ previous_event_at }} + interval {{ whole_variable('session_timeout_minutes') }} minute
{%- endmacro %}

{# Islands of activity (nobody idle longer than the timeout) from `relation` (visitor_id, event_at). The last CTE, activity_islands, has one
   row per visitor_id and started_at, with ended_at and event_count. No window over events: time is cut into cells as long as
   the timeout. Events of one cell are never further apart than that, and events within it of each other lie in the same cell or
   in neighbours; so whether cells belong together is a join of neighbours, and only the few that do have to be put in order. #}
{% macro activity_islands(relation) -%}
    {%- set cell_us = whole_variable('session_timeout_minutes') * 60 * 1000000 -%}
    activity_cells as (
        select
            visitor_id,
            {{ whole_quotient(epoch_us('event_at'), cell_us) }} as cell,
            min(event_at) as first_at,
            max(event_at) as last_at,
            count(*) as event_count
        from {{ relation }}
        group by 1, 2
    ),

    continuing_cells as (
        select
            later_cells.visitor_id,
            later_cells.cell
        from activity_cells as later_cells
        inner join activity_cells as earlier_cells
            on
                later_cells.visitor_id = earlier_cells.visitor_id
                and later_cells.cell = earlier_cells.cell + 1
        where not {{ is_after_timeout('later_cells.first_at', 'earlier_cells.last_at') }}
    ),

    linked_cells as (
        select
            visitor_id,
            cell,
            true as is_continuing
        from continuing_cells
        union all
        select
            visitor_id,
            cell - 1 as cell,
            false as is_continuing
        from continuing_cells
    ),

    linkages as (
        select
            visitor_id,
            cell,
            bool_or(is_continuing) as is_continuing
        from linked_cells
        group by visitor_id, cell
    ),

    cells_with_island as (
        select
            activity_cells.visitor_id,
            activity_cells.last_at,
            activity_cells.event_count,
            max(case when not linkages.is_continuing then activity_cells.first_at end)
                over (
                    partition by activity_cells.visitor_id
                    order by activity_cells.cell nulls last
                    rows between unbounded preceding and current row
                ) as island_started_at
        from activity_cells
        inner join linkages
            on
                activity_cells.visitor_id = linkages.visitor_id
                and activity_cells.cell = linkages.cell
    ),

    activity_islands as (
        select
            visitor_id,
            first_at as started_at,
            last_at as ended_at,
            event_count
        from activity_cells
        where
            not exists (
                select 1
                from linkages
                where
                    linkages.visitor_id = activity_cells.visitor_id
                    and linkages.cell = activity_cells.cell
            )
        union all
        select
            visitor_id,
            island_started_at as started_at,
            max(last_at) as ended_at,
            cast(sum(event_count) as bigint) as event_count
        from cells_with_island
        group by visitor_id, island_started_at
    )
{%- endmacro %}

{# The bin of an event in an island that is longer than max_session_hours: (0, 24 h], (24 h, 48 h], …
   An island of exactly 24 h is not cut. Integers only. #}
{% macro max_length_bin(event_at, island_started_at) -%}
    {%- set bin_us = whole_variable('max_session_hours') * 3600 * 1000000 -%}
    {%- set offset_us = 'greatest(' ~ epoch_us(event_at) ~ ' - ' ~ epoch_us(island_started_at) ~ ' - 1, 0)' -%}
    cast(({{ offset_us }} - {{ offset_us }} % {{ bin_us }}) / {{ bin_us }} as bigint)
{%- endmacro %}

{# The public key of a session: the same content gives the same id, in any order of arrival. #}
{% macro session_id(visitor_id, started_at) -%}
    md5({{ visitor_id }} || '|' || cast({{ epoch_us(started_at) }} as {{ dbt.type_string() }}))
{%- endmacro %}

{# So many of a session's first steps are kept: what people do first is what tells visits apart. #}
{% macro kept_steps() -%}{{ return(5) }}{%- endmacro %}
