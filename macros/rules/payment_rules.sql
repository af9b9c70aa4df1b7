{# The band of an amount: 'below 10', '10 to 25', …, '500 or more' (lower bound inclusive). #}
{% macro amount_band(amount) -%}
    {%- set bounds = var('amount_band_bounds') -%}
    case
        when {{ amount }} is null then null
        when {{ amount }} < {{ bounds[0] }} then 'below {{ bounds[0] }}'
        {%- for bound in bounds[1:] %}
        when {{ amount }} < {{ bound }} then '{{ bounds[loop.index0] }} to {{ bound }}'
        {%- endfor %}
        else '{{ bounds[-1] }} or more'
    end
{%- endmacro %}
