{# Scores 1 to 5 by value, never by row: customers who are equal score equal, whatever their order. `value_rank` is the rank() among
   `customer_count` customers with orders. In whole numbers: 5 x percent_rank as a double slips at exact fifths. #}
{% macro rfm_score(value_rank, customer_count) -%}
    case
        when {{ customer_count }} = 1 then 1
        else least(5, {{ whole_quotient('5 * (' ~ value_rank ~ ' - 1)', customer_count ~ ' - 1') }} + 1)
    end
{%- endmacro %}

{# The other published method: 1 and one more for each of the 20, 40, 60 and 80 % thresholds that the value exceeds. #}
{% macro rfm_quantile_score(value, threshold) -%}
    1
    {%- for percent in [20, 40, 60, 80] %}
    + case when {{ value }} > {{ threshold }}_p{{ percent }} then 1 else 0 end
    {%- endfor %}
{%- endmacro %}

{% macro rfm_thresholds(value, threshold) -%}
    {%- for percent in [20, 40, 60, 80] %}
    {{ percentile(value, percent / 100) }} as {{ threshold }}_p{{ percent }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# rfm_method, checked: rank or quantile. #}
{% macro rfm_method() -%}
    {%- if var('rfm_method') not in ['rank', 'quantile'] -%}
        {{ exceptions.raise_compiler_error("rfm_method is '" ~ var('rfm_method') ~ "'. Fix: rank or quantile.") }}
    {%- endif -%}
    {{ return(var('rfm_method')) }}
{%- endmacro %}
