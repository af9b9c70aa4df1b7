{# A whole quotient of two whole numbers that are not negative. `/` is a double on DuckDB and on Spark. #}
{% macro whole_quotient(numerator, denominator) -%}{{ return(adapter.dispatch('whole_quotient')(numerator, denominator)) }}{%- endmacro %}
{% macro duckdb__whole_quotient(numerator, denominator) -%}(({{ numerator }}) // ({{ denominator }})){%- endmacro %}
{% macro spark__whole_quotient(numerator, denominator) -%}(({{ numerator }}) div ({{ denominator }})){%- endmacro %}

{# One of so many buckets, the same for equal texts on one engine. #}
{% macro visitor_bucket(visitor_id, bucket_count) -%}{{ return(adapter.dispatch('visitor_bucket')(visitor_id, bucket_count)) }}{%- endmacro %}
{% macro duckdb__visitor_bucket(visitor_id, bucket_count) -%}hash({{ visitor_id }}) % {{ bucket_count }}{%- endmacro %}
{% macro spark__visitor_bucket(visitor_id, bucket_count) -%}pmod(hash({{ visitor_id }}), {{ bucket_count }}){%- endmacro %}
