{# Adds the columns that a relation lacks, as NULL. Spark has no `union by name` over differing columns: there the source
   view is registered with all of them. #}
{% macro with_missing_columns(relation, columns) -%}{{ return(adapter.dispatch('with_missing_columns')(relation, columns)) }}{%- endmacro %}
{% macro duckdb__with_missing_columns(relation, columns) -%}
    select * from {{ relation }}
    union all by name
    select
        {%- for column in columns %}
        cast(null as varchar) as {{ column }},
        {%- endfor %}
        cast(null as date) as landed_on
    where false
{%- endmacro %}
{% macro spark__with_missing_columns(relation, columns) -%}
    select * from {{ relation }}
{%- endmacro %}

{# Columns as one struct, to be turned into JSON later for the few rows that need it. #}
{% macro row_struct(columns) -%}{{ return(adapter.dispatch('row_struct')(columns)) }}{%- endmacro %}
{% macro duckdb__row_struct(columns) -%}
    { {%- for c in columns %}'{{ c }}': {{ c }}{{ ', ' if not loop.last }}{% endfor -%} }
{%- endmacro %}
{% macro spark__row_struct(columns) -%}
    named_struct({% for c in columns %}'{{ c }}', {{ c }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# A struct as JSON text. Spark leaves NULL fields out unless told. #}
{% macro struct_as_json(struct) -%}{{ return(adapter.dispatch('struct_as_json')(struct)) }}{%- endmacro %}
{% macro duckdb__struct_as_json(struct) -%}cast(to_json({{ struct }}) as varchar){%- endmacro %}
{% macro spark__struct_as_json(struct) -%}to_json({{ struct }}, map('ignoreNullFields', 'false')){%- endmacro %}

{# What is wrong with the landed files, in one line; '' when nothing is. On DuckDB the plugin in scripts/footfall looks at them. #}
{% macro landing_problem(source_system) -%}{{ return(adapter.dispatch('landing_problem')(source_system)) }}{%- endmacro %}
{% macro duckdb__landing_problem(source_system) -%}
    {{ return(run_query("select footfall_landing_problem('" ~ source_system ~ "')").columns[0].values() | first) }}
{%- endmacro %}
{% macro spark__landing_problem(source_system) -%}{{ return('') }}{%- endmacro %}
