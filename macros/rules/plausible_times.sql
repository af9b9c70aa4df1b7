{# Sources without a day of arrival: a time later than this is refused as a future one. #}
{% macro latest_plausible_at() -%}
    cast('{{ var("latest_plausible_at") }}' as timestamp)
{%- endmacro %}
