{# What the rows of incremental tables were made with: variables, and the content of seeds. When one changes, rows that are there
   would mean something else than new ones, so the change is refused until everything is made anew. #}
{% macro settings_of_increments() -%}
    {%- set settings = {} -%}
    {%- for name in variables_of_increments() -%}
        {%- do settings.update({name: var(name) | string}) -%}
    {%- endfor -%}
    {%- for name in seeds_of_increments() -%}
        {%- set seed = graph.nodes.get('seed.' ~ project_name ~ '.' ~ name) if execute else none -%}
        {%- do settings.update({'seed ' ~ name: seed.checksum.checksum if seed else ''}) -%}
    {%- endfor -%}
    {{ return(settings) }}
{%- endmacro %}

{% macro variables_of_increments() -%}
    {{ return([
        'as_of_date', 'latest_plausible_at', 'earliest_plausible_at', 'largest_plausible_amount', 'largest_plausible_quantity',
        'session_timeout_minutes', 'max_session_hours', 'split_on_campaign', 'split_at_midnight',
        'conversion_window_hours', 'funnel_mode',
        'rapid_event_seconds', 'double_click_seconds', 'risk_min_gaps', 'bot_rapid_rate', 'bot_gap_variation',
        'impulsive_rapid_rate', 'burst_events_per_minute',
        'counted_order_statuses', 'at_risk_gap_percentile', 'at_risk_min_gaps', 'revenue_at_risk_days', 'timeline_max_rows',
    ]) }}
{%- endmacro %}

{% macro seeds_of_increments() -%}
    {{ return(['event_names', 'funnel_steps']) }}
{%- endmacro %}

{# The first setting that differs from what this database was built with, in one line with the way out; '' when none does. #}
{% macro settings_problem() -%}
    {%- set built = state_of('int_sources_built') -%}
    {%- if built is none or flags.FULL_REFRESH or not has_finished_runs() -%}{{ return('') }}{%- endif -%}
    {%- set before = fromjson(run_query('select settings from ' ~ built).columns[0].values() | first) -%}
    {%- for name, value in settings_of_increments().items() if before.get(name) != value -%}
        {%- set change = 'has changed' if name.startswith('seed ') else "was '" ~ before.get(name) ~ "' and is '" ~ value ~ "'" -%}
        {{ return(name ~ ': ' ~ change ~ ' since this database was built. Fix: put it back, or build everything anew with `dbt build --full-refresh`.') }}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
