{# Every match is replaced. Plain regexp_replace replaces the first on DuckDB and all on Spark. #}
{% macro regexp_replace_all(text, pattern, replacement) -%}{{ return(adapter.dispatch('regexp_replace_all')(text, pattern, replacement)) }}{%- endmacro %}
{% macro duckdb__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}
{% macro spark__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, r'{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{# One JSON object text to a struct of texts; NULL when the line is no JSON object. `->>` raises on a malformed line even
   inside an OR on DuckDB, so the line is parsed as a whole, once. #}
{% macro parse_json_object(line, fields) -%}{{ return(adapter.dispatch('parse_json_object')(line, fields)) }}{%- endmacro %}
{% macro duckdb__parse_json_object(line, fields) -%}
    try(from_json({{ line }}, '{ {%- for f in fields %}"{{ f }}":"VARCHAR"{{ ',' if not loop.last }}{% endfor -%} }'))
{%- endmacro %}
{% macro spark__parse_json_object(line, fields) -%}
    {#- A malformed line gives a struct whose last field is the line. -#}
    {%- set parsed -%}
        from_json({{ line }}, '{% for f in fields %}{{ f }} string, {% endfor %}_malformed string', map('mode', 'PERMISSIVE', 'columnNameOfCorruptRecord', '_malformed'))
    {%- endset -%}
    transform(array({{ parsed }}), parsed -> case when parsed is not null and parsed._malformed is null then {{ spark__row_struct(fields, of='parsed.') }} end)[0]
{%- endmacro %}
{# The last value that is not NULL in a window: `ignore nulls` stands inside the parentheses on DuckDB, outside on Spark. #}
{% macro last_non_null(column, window) -%}{{ return(adapter.dispatch('last_non_null')(column, window)) }}{%- endmacro %}
{% macro duckdb__last_non_null(column, window) -%}last_value({{ column }} ignore nulls) over ({{ window }}){%- endmacro %}
{% macro spark__last_non_null(column, window) -%}last_value({{ column }}) ignore nulls over ({{ window }}){%- endmacro %}

{# The first so many texts of a group in the order (by, then), joined by ' > ', of the rows that satisfy a condition. #}
{% macro first_in_order(value, by, then, count, condition) -%}
    {{ return(adapter.dispatch('first_in_order')(value, by, then, count, condition)) }}
{%- endmacro %}
{% macro duckdb__first_in_order(value, by, then, count, condition) -%}
array_to_string(min_by({{ value }}, ({{ by }}, {{ then }}), {{ count }}) filter (where {{ condition }}), ' > ')
{%- endmacro %}
{# Spark's min_by gives one value. #}
{% macro spark__first_in_order(value, by, then, count, condition) -%}
concat_ws(' > ', transform(
    slice(sort_array(collect_list(struct({{ by }}, {{ then }}, {{ value }})) filter (where {{ condition }})), 1, {{ count }}),
    item -> item.{{ value }}
))
{%- endmacro %}
