{# The first five digits of a Brazilian postcode. Spreadsheets eat the leading zeros of São Paulo's: they are put back. #}
{% macro zip_prefix(zip_code) -%}
    lpad({{ zip_code }}, 5, '0')
{%- endmacro %}
