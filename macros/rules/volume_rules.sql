{# How far a count lies from the median of its reference, in robust standard deviations: 1.4826 * MAD estimates the standard deviation of
   normal noise. Counts vary by the square root of their size at least (Poisson), and never by less than one: a reference of equal
   days does not make every other day an anomaly. #}
{% macro robust_z(row_count, median_row_count, mad_row_count) -%}
    ({{ row_count }} - {{ median_row_count }})
    / greatest(1.4826 * {{ mad_row_count }}, sqrt({{ median_row_count }}), 1.0)
{%- endmacro %}

{# An anomaly is far off by both measures: by chance alone (z), and enough to matter (share of the median). #}
{% macro is_volume_anomaly(robust_z, change_rate) -%}
    coalesce(
        abs({{ robust_z }}) > {{ var('volume_alarm_z') }}
        and abs({{ change_rate }}) >= {{ var('volume_alarm_change') }},
        false
    )
{%- endmacro %}
