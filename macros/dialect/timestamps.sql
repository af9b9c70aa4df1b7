{# Text (or a native time) to a UTC timestamp; NULL when it is none. An offset is applied, no offset means UTC.
   DuckDB ignores an offset in a plain `cast(… as timestamp)`, Spark applies it: so both go through the zoned type.
   DuckDB knows 'infinity' as a time; nothing happened then. Spark takes '2025' for its first of January, '10:00' for today's ten o'clock
   and no slashes: there a text must look like a day, with or without a time. #}
{% macro parse_utc(column) -%}{{ return(adapter.dispatch('parse_utc')(column)) }}{%- endmacro %}
{% macro duckdb__parse_utc(column) -%}
    case when isfinite(try_cast({{ column }} as timestamptz)) then cast(try_cast({{ column }} as timestamptz) as timestamp) end
{%- endmacro %}
{% macro spark__parse_utc(column) -%}
    {%- set looks_like_a_time = '^[ ]*[0-9]{4,5}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T][ ]*[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?[ ]*(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)?)?[ ]*$' -%}
    case
        when cast({{ column }} as string) rlike r'{{ looks_like_a_time }}'
            then cast(try_cast(replace(cast({{ column }} as string), '/', '-') as timestamp_ltz) as timestamp_ntz)
    end
{%- endmacro %}

{# Microseconds since 1970 as an integer: exact, unlike epoch(). Spark before 4.3 takes no timestamp_ntz; the session's zone is UTC. #}
{% macro epoch_us(column) -%}{{ return(adapter.dispatch('epoch_us')(column)) }}{%- endmacro %}
{% macro duckdb__epoch_us(column) -%}epoch_us({{ column }}){%- endmacro %}
{% macro spark__epoch_us(column) -%}unix_micros(cast({{ column }} as timestamp_ltz)){%- endmacro %}

{# Seconds between two timestamps as a double, exact to the microsecond. #}
{% macro seconds_between(from_at, to_at) -%}
    (({{ epoch_us(to_at) }} - {{ epoch_us(from_at) }}) / 1e6)
{%- endmacro %}

{# Whole days between two dates. `date - date` is an interval on Spark. #}
{% macro days_between(from_on, to_on) -%}{{ return(adapter.dispatch('days_between')(from_on, to_on)) }}{%- endmacro %}
{% macro duckdb__days_between(from_on, to_on) -%}cast(date_diff('day', {{ from_on }}, {{ to_on }}) as integer){%- endmacro %}
{% macro spark__days_between(from_on, to_on) -%}datediff({{ to_on }}, {{ from_on }}){%- endmacro %}

{# The months or days of a spine: integers 0 … n-1 are a table function on both, but the column cannot be renamed alike. #}
{% macro number_series(relation_alias, column, count_subquery) -%}{{ return(adapter.dispatch('number_series')(relation_alias, column, count_subquery)) }}{%- endmacro %}
{% macro duckdb__number_series(relation_alias, column, count_subquery) -%}
    (select unnest(range(0, {{ count_subquery }})) as {{ column }}) as {{ relation_alias }}
{%- endmacro %}
{% macro spark__number_series(relation_alias, column, count_subquery) -%}
    (select explode(case when {{ count_subquery }} > 0 then sequence(0, {{ count_subquery }} - 1) end) as {{ column }}) as {{ relation_alias }}
{%- endmacro %}

{# A timestamp from microseconds since 1970. #}
{% macro timestamp_from_us(column) -%}{{ return(adapter.dispatch('timestamp_from_us')(column)) }}{%- endmacro %}
{% macro duckdb__timestamp_from_us(column) -%}make_timestamp({{ column }}){%- endmacro %}
{% macro spark__timestamp_from_us(column) -%}cast(timestamp_micros({{ column }}) as timestamp){%- endmacro %}

{# The day of the week, 1 for Monday … 7 for Sunday. #}
{% macro iso_weekday(day) -%}{{ return(adapter.dispatch('iso_weekday')(day)) }}{%- endmacro %}
{% macro duckdb__iso_weekday(day) -%}cast(isodow({{ day }}) as integer){%- endmacro %}
{% macro spark__iso_weekday(day) -%}(weekday({{ day }}) + 1){%- endmacro %}
