{# engagement_scaling, checked: min_max or percentile. #}
{% macro engagement_scaling() -%}
    {%- if var('engagement_scaling') not in ['min_max', 'percentile'] -%}
        {{ exceptions.raise_compiler_error(
            "engagement_scaling is '" ~ var('engagement_scaling') ~ "'. Fix: min_max or percentile."
        ) }}
    {%- endif -%}
    {{ return(var('engagement_scaling')) }}
{%- endmacro %}

{# The bounds of a part: the least value, and the greatest that counts (values above the cap count as the cap). Where hardly anybody
   does a thing at all, the cap is 0 itself and would level everybody: then it is the cap of those who do. #}
{% macro part_bounds(value, part) -%}
    {%- set low = 'cast(min(' ~ value ~ ') as double)' -%}
    {%- set cap = percentile(value, var('engagement_cap_percentile')) -%}
    {%- set cap_of_doers = percentile('nullif(' ~ value ~ ', 0)', var('engagement_cap_percentile')) -%}
    {{ low }} as {{ part }}_low,
    least(cast(max({{ value }}) as double), case when {{ cap }} > {{ low }} then {{ cap }} else {{ cap_of_doers }} end) as {{ part }}_top
{%- endmacro %}

{# The score. Rounded: sums that are equal on paper differ in the last bit, and then equal customers would not rank alike. #}
{% macro engagement_score(recency_contribution, frequency_contribution, monetary_contribution) -%}
    round({{ recency_contribution }} + {{ frequency_contribution }} + {{ monetary_contribution }}, 12)
{%- endmacro %}

{# A value between its bounds, 0 to 1. Where everybody is alike there is nothing to tell them apart: 0, not NULL. #}
{% macro scaled_part(value, low, top, reversed=false) -%}
    case
        when {{ top }} > {{ low }}
            {%- if reversed %}
            then ({{ top }} - least(cast({{ value }} as double), {{ top }})) / ({{ top }} - {{ low }})
            {%- else %}
            then (least(cast({{ value }} as double), {{ top }}) - {{ low }}) / ({{ top }} - {{ low }})
            {%- endif %}
        else 0.0
    end
{%- endmacro %}

{# Where a value's rank() lies among `row_count`, 0 to 1; somebody alone is at 0. #}
{% macro percentile_of_rank(value_rank, row_count) -%}
    coalesce({{ rate(value_rank ~ ' - 1', row_count ~ ' - 1') }}, 0.0)
{%- endmacro %}

{% macro score_band(score) -%}
    case
        when {{ score }} >= {{ var('engagement_high_from') }} then 'High'
        when {{ score }} >= {{ var('engagement_medium_from') }} then 'Medium'
        else 'Low'
    end
{%- endmacro %}

{# Who buys, who only looks, who does neither: within active_days up to the snapshot, its own day included. #}
{% macro engagement_status(last_ordered_on, last_session_on, snapshot_on) -%}
    case
        when {{ is_within_days(last_ordered_on, snapshot_on, whole_variable('active_days')) }} then 'Active'
        when {{ is_within_days(last_session_on, snapshot_on, whole_variable('active_days')) }} then 'Browsing Only'
        else 'Not Active'
    end
{%- endmacro %}

{# The value matrix: engagement against revenue; everybody is in exactly one field. #}
{% macro value_segment(is_engaged, is_high_value) -%}
    case
        when {{ is_engaged }} and {{ is_high_value }} then 'VIP'
        when {{ is_engaged }} then 'Converter-to-be'
        when {{ is_high_value }} then 'At-risk VIP'
        else 'Dormant'
    end
{%- endmacro %}

{% macro is_engaged(score) -%}{{ score }} >= {{ var('engagement_high_cut') }}{%- endmacro %}
