{# The same event on the same product again (no product is like no product), within double_click_seconds, inclusive: one click
   that arrived twice. #}
{% macro is_double_click(event_type, previous_event_type, product_id, previous_product_id, gap_us) -%}
    {{ event_type }} = {{ previous_event_type }}
    and {{ product_id }} is not distinct from {{ previous_product_id }}
    and {{ gap_us }} <= {{ microseconds(var('double_click_seconds')) }}
{%- endmacro %}

{# How fast and how regularly somebody acts, over rows of int_event_gaps_measured. All sums are of whole microseconds. #}
{% macro gap_measures() -%}
    count(*) as gap_count,
        count(*) filter (where is_rapid) as rapid_event_count,
        max(events_in_minute) as max_events_per_minute,
        percentile_cont(0.5) within group (order by cast(gap_us as double)) / 1e6 as median_gap_seconds,
        {{ coefficient_of_variation('gap_us') }} as gap_variation
{%- endmacro %}

{# A machine: nearly all of its gaps are shorter than a hand needs, and all of about one length. False where there are too few
   gaps, or where they have no length at all (everything at one instant). #}
{% macro is_likely_bot() -%}
    coalesce(
        gap_count >= {{ whole_variable('risk_min_gaps') }}
        and rapid_event_rate >= {{ var('bot_rapid_rate') }}
        and gap_variation <= {{ var('bot_gap_variation') }},
        false
    )
{%- endmacro %}

{# A person in a hurry: often faster than two seconds, and no bot. #}
{% macro is_impulsive() -%}
    not is_likely_bot and {{ has_rapid_events() }}
{%- endmacro %}

{% macro has_rapid_events() -%}
    coalesce(
        gap_count >= {{ whole_variable('risk_min_gaps') }}
        and rapid_event_rate >= {{ var('impulsive_rapid_rate') }},
        false
    )
{%- endmacro %}

{% macro has_regular_gaps() -%}
    coalesce(
        gap_count >= {{ whole_variable('risk_min_gaps') }}
        and gap_variation <= {{ var('bot_gap_variation') }},
        false
    )
{%- endmacro %}

{% macro has_burst() -%}
    max_events_per_minute >= {{ whole_variable('burst_events_per_minute') }}
{%- endmacro %}

{# high: a bot; medium: in a hurry, or a burst; low: the rest. #}
{% macro risk_level() -%}
    case
        when is_likely_bot then 'high'
        when is_impulsive or {{ has_burst() }} then 'medium'
        else 'low'
    end
{%- endmacro %}

{# What stands out, in words joined by ', '; '' when nothing does. #}
{% macro risk_reasons() -%}
    concat_ws(
        ', ',
        case when {{ has_rapid_events() }} then 'rapid_events' end,
        case when {{ has_regular_gaps() }} then 'regular_gaps' end,
        case when {{ has_burst() }} then 'burst' end
    )
{%- endmacro %}
