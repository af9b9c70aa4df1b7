{# Late: an event that landed more than late_after_days calendar days after it happened. #}
{% macro is_late(days_late) -%}
    {{ days_late }} > {{ whole_variable('late_after_days') }}
{%- endmacro %}
