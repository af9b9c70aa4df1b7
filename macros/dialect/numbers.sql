{# A whole quotient of two whole numbers that are not negative. `/` is a double on DuckDB and on Spark. #}
{% macro whole_quotient(numerator, denominator) -%}{{ return(adapter.dispatch('whole_quotient')(numerator, denominator)) }}{%- endmacro %}
{% macro duckdb__whole_quotient(numerator, denominator) -%}(({{ numerator }}) // ({{ denominator }})){%- endmacro %}
{% macro spark__whole_quotient(numerator, denominator) -%}(({{ numerator }}) div ({{ denominator }})){%- endmacro %}

{# One of so many buckets, the same for equal texts on one engine. #}
{% macro visitor_bucket(visitor_id, bucket_count) -%}{{ return(adapter.dispatch('visitor_bucket')(visitor_id, bucket_count)) }}{%- endmacro %}
{% macro duckdb__visitor_bucket(visitor_id, bucket_count) -%}hash({{ visitor_id }}) % {{ bucket_count }}{%- endmacro %}
{% macro spark__visitor_bucket(visitor_id, bucket_count) -%}pmod(hash({{ visitor_id }}), {{ bucket_count }}){%- endmacro %}

{# Is a first load better made in buckets? Spark makes its own, one per task. #}
{% macro spills_by_bucket() -%}{{ return(adapter.dispatch('spills_by_bucket')()) }}{%- endmacro %}
{% macro duckdb__spills_by_bucket() -%}{{ return(true) }}{%- endmacro %}
{% macro spark__spills_by_bucket() -%}{{ return(false) }}{%- endmacro %}

{# Several continuous percentiles of one value, an aggregate that gives a list. The values are kept once: each percentile_cont would keep
   them for itself, and they cannot spill. #}
{% macro percentiles(value, shares) -%}{{ return(adapter.dispatch('percentiles')(value, shares)) }}{%- endmacro %}
{% macro duckdb__percentiles(value, shares) -%}quantile_cont(cast({{ value }} as double), [{{ shares | join(', ') }}]){%- endmacro %}
{% macro spark__percentiles(value, shares) -%}percentile(cast({{ value }} as double), array({{ shares | join(', ') }})){%- endmacro %}

{# An item of a list, from 1. #}
{% macro list_item(list, number) -%}{{ return(adapter.dispatch('list_item')(list, number)) }}{%- endmacro %}
{% macro duckdb__list_item(list, number) -%}{{ list }}[{{ number }}]{%- endmacro %}
{% macro spark__list_item(list, number) -%}{{ list }}[{{ number - 1 }}]{%- endmacro %}
