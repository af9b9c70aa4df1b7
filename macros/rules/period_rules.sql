{# The first day of the week (Monday) or month that a day lies in. `period` is week or month. #}
{% macro period_start(period, day) -%}
    cast(date_trunc('{{ period }}', {{ day }}) as date)
{%- endmacro %}

{# The last day of the week or month that begins on `start_on`. #}
{% macro period_end(period, start_on) -%}
    {%- if period == 'week' -%}
    {{ start_on }} + cast(6 as integer)
    {%- else -%}
    cast(last_day({{ start_on }}) as date)
    {%- endif -%}
{%- endmacro %}

{# Months as numbers that follow each other: the difference of two is the months between them, whatever their days. #}
{% macro month_number(day) -%}
    cast(extract(year from {{ day }}) * 12 + extract(month from {{ day }}) as integer)
{%- endmacro %}
