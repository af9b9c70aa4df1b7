{# The most steps that a funnel may have: the step_N_at columns of funnel_conversions. #}
{% macro funnel_max_steps() -%}{{ return(6) }}{%- endmacro %}

{# An ordered, windowed funnel: the rows of `relation` (one step of one unit at one time) that a chain reaches, each with the entry
   of its chain. The semantics of ClickHouse's windowFunnel, default mode:
   a step-1 row is an entry; a step-k row at time t continues the latest entry that step k-1 has reached by then, if t lies
   within the window from that entry (inclusive). Other events may come between. At equal times steps may advance in order,
   and one event that matches several successive steps takes them all. funnel_mode strict_increase wants strictly later times.
   One window per step, no self-join: the latest entry reached so far is a running maximum, and a step needs no more rows than
   its own and those that the step before has reached.
   `relation` has event_us (integer microseconds), step_number and the columns of `partition_by`. Adds reached_entry_us. #}
{% macro windowed_funnel(relation, partition_by, step_count) -%}
    {%- set window_us = whole_variable('conversion_window_hours') * 3600 * 1000000 -%}
    {%- set frame = 'range between unbounded preceding and ' ~ ('1 preceding' if var('funnel_mode') == 'strict_increase' else 'current row') -%}
    funnel_reached_1 as (
        select
            *,
            event_us as reached_entry_us
        from {{ relation }}
        where step_number = 1
    ),
    {%- for step in range(2, step_count + 1) %}

    funnel_rows_{{ step }} as (
        select * from funnel_reached_{{ step - 1 }}
        union all
        select
            *,
            cast(null as bigint) as reached_entry_us
        from {{ relation }}
        where step_number = {{ step }}
    ),

    funnel_candidates_{{ step }} as (
        select
            *,
            max(reached_entry_us)
                over (partition by {{ partition_by }} order by event_us nulls last {{ frame }}) as candidate_entry_us
        from funnel_rows_{{ step }}
    ),

    funnel_reached_{{ step }} as (
        select
            * except (reached_entry_us, candidate_entry_us),
            candidate_entry_us as reached_entry_us
        from funnel_candidates_{{ step }}
        where
            step_number = {{ step }}
            and event_us - candidate_entry_us <= {{ window_us }}
    ),
    {%- endfor %}

    windowed_funnel as (
        {%- for step in range(1, step_count + 1) %}
        select * from funnel_reached_{{ step }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# Only the furthest step of each unit, where nobody asks for the chain: the same as the greatest step_number of windowed_funnel, without
   its windows for nearly all units. Time is cut into cells as long as the conversion window. Steps in order within one cell are a
   chain for sure (at_least); a step that comes after no first of an earlier one is out of reach for sure (at_most). Only units
   where the two differ have to be followed event by event.
   `relation` has event_us, step_number and the column `unit`. The last CTE, furthest_steps, has unit and furthest_step_number. #}
{% macro furthest_funnel_steps(relation, unit, step_count) -%}
    {%- set window_us = whole_variable('conversion_window_hours') * 3600 * 1000000 -%}
    {%- set later = '>' if var('funnel_mode') == 'strict_increase' else '>=' -%}
    funnel_cells as (
        select
            {{ unit }},
            {%- for step in range(1, step_count + 1) %}
            min(event_us) filter (where step_number = {{ step }}) as first_{{ step }}_us,
            max(event_us) filter (where step_number = {{ step }}) as last_{{ step }}_us
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
        group by {{ unit }}, {{ whole_quotient('event_us', window_us) }}
    ),

    funnel_walk_1 as (
        select
            *,
            first_1_us as at_1_us
        from funnel_cells
    ),
    {%- for step in range(2, step_count + 1) %}

    funnel_walk_{{ step }} as (
        select
            *,
            case
                when first_{{ step }}_us {{ later }} at_{{ step - 1 }}_us then first_{{ step }}_us
                when last_{{ step }}_us {{ later }} at_{{ step - 1 }}_us then last_{{ step }}_us
            end as at_{{ step }}_us
        from funnel_walk_{{ step - 1 }}
    ),
    {%- endfor %}

    funnel_units as (
        select
            {{ unit }},
            max(
                case
                    {%- for step in range(step_count, 0, -1) %}
                    when at_{{ step }}_us is not null then {{ step }}
                    {%- endfor %}
                    else 0
                end
            ) as at_least,
            min(first_1_us) as since_1_us
            {%- for step in range(2, step_count + 1) %},
            greatest(
                {%- for earlier in range(1, step + 1) %}
                min(first_{{ earlier }}_us){{ ',' if not loop.last }}
                {%- endfor %}
            ) as since_{{ step }}_us,
            max(last_{{ step }}_us) as until_{{ step }}_us
            {%- endfor %}
        from funnel_walk_{{ step_count }}
        group by {{ unit }}
    ),

    funnel_bounds as (
        select
            {{ unit }},
            at_least,
            case
                when since_1_us is null then 0
                {%- for step in range(2, step_count + 1) %}
                when not coalesce(until_{{ step }}_us {{ later }} since_{{ step - 1 }}_us, false) then {{ step - 1 }}
                {%- endfor %}
                else {{ step_count }}
            end as at_most
        from funnel_units
    ),

    undecided_rows as (
        select *
        from {{ relation }}
        where {{ unit }} in (select funnel_bounds.{{ unit }} from funnel_bounds where funnel_bounds.at_least < funnel_bounds.at_most)
    ),

    {{ windowed_funnel('undecided_rows', unit, step_count) }},

    furthest_steps as (
        select
            {{ unit }},
            at_least as furthest_step_number
        from funnel_bounds
        where
            at_least > 0
            and at_least = at_most
        union all
        select
            {{ unit }},
            max(step_number) as furthest_step_number
        from windowed_funnel
        group by {{ unit }}
    )
{%- endmacro %}

{# How many steps the longest funnel of the seed has; all possible ones while the seed is not there yet. #}
{% macro longest_funnel() -%}
    {%- set steps = ref('funnel_steps') -%}
    {%- if not execute or not steps.schema or not adapter.get_relation(steps.database, steps.schema, steps.identifier) -%}
        {{ return(funnel_max_steps()) }}
    {%- endif -%}
    {{ return(run_query('select max(step_number) as steps from ' ~ steps).columns[0].values()[0] | int) }}
{%- endmacro %}

{# Which rows of chains a batch touches: a visitor as a whole, of sessions those that begin in a touched span. #}
{% macro funnel_scope() -%}
    {{ return([
        {'column': 'visitor_id', 'keys_of': 'int_event_spans_touched', 'key': 'visitor_id', 'where': "unit = 'visitor'"},
        {'spans': ['visitor_id', 'entered_at'], 'of': 'int_event_spans_touched', 'where': "unit = 'session'"},
    ]) }}
{%- endmacro %}

{# What funnels are broken down by: columns of funnel_conversions. #}
{% macro funnel_breakdowns() -%}
    {{ return(['device_type', 'traffic_channel', 'country', 'category', 'customer_type', 'payment_method', 'gateway']) }}
{%- endmacro %}
