{# The prepared files of one table that the questions of the peers benchmark read (scripts/footfall/peers/files.py). #}
{% macro question_files(table) -%}{{ return(adapter.dispatch('question_files')(table)) }}{%- endmacro %}
{% macro duckdb__question_files(table) -%}read_parquet('{{ var("question_files") }}/{{ table }}/*.parquet'){%- endmacro %}
{% macro spark__question_files(table) -%}parquet.`{{ var("question_files") }}/{{ table }}`{%- endmacro %}
