{# A whole quotient of two whole numbers that are not negative. `/` is a double on DuckDB and on Spark. #}
{% macro whole_quotient(numerator, denominator) -%}{{ return(adapter.dispatch('whole_quotient')(numerator, denominator)) }}{%- endmacro %}
{% macro duckdb__whole_quotient(numerator, denominator) -%}(({{ numerator }}) // ({{ denominator }})){%- endmacro %}
{% macro spark__whole_quotient(numerator, denominator) -%}(({{ numerator }}) div ({{ denominator }})){%- endmacro %}
