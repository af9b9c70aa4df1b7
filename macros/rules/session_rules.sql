{# A visitor's next event starts a new session when it comes STRICTLY more than the timeout after the one before.
   Timestamps are compared with an interval: counting clock minutes would keep a gap of 30:59 together. #}
{% macro is_after_timeout(event_at, previous_event_at) -%}
    {{ event_at }} > {{ previous_event_at }} + interval {{ whole_variable('session_timeout_minutes') }} minute
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
