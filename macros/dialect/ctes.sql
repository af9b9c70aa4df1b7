{# For a CTE that is cheaper to read again than to keep: DuckDB keeps what is named twice. Spark never keeps it. #}
{% macro not_materialized() -%}{{ return(adapter.dispatch('not_materialized')()) }}{%- endmacro %}
{% macro duckdb__not_materialized() -%}not materialized{%- endmacro %}
{% macro spark__not_materialized() -%}{%- endmacro %}
