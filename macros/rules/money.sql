{# The mean of amounts as money: exact, rounded half up at the fourth decimal. A double would round some halves down.
   `total` is a non-negative decimal(…, 4) sum, `count` its number of amounts (NULL when there is none). #}
{% macro mean_amount(total, count) -%}
    {%- set numerator = '(2 * cast(' ~ total ~ ' * 10000 as bigint) + ' ~ count ~ ')' -%}
    {%- set denominator = '(2 * nullif(' ~ count ~ ', 0))' -%}
    cast(
        cast(({{ numerator }} - {{ numerator }} % {{ denominator }}) / {{ denominator }} as bigint)
        * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)
    )
{%- endmacro %}
