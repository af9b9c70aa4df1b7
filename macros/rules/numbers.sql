{# A whole number from text: '2' and '2.0' are 2; '2.5' is none (a cast would round it on one engine and cut it on the other). #}
{% macro whole_number(column, type='bigint') -%}
    {%- set number = 'try_cast(' ~ column ~ ' as decimal(24, 6))' -%}
    case when {{ number }} = floor({{ number }}) then try_cast(floor({{ number }}) as {{ type }}) end
{%- endmacro %}
