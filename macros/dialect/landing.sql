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

{# What is wrong with the landed files, in one line; '' when nothing is. Files of the relation `loaded` (none: no file) must be what they were. On DuckDB the plugin in scripts/footfall looks at them. #}
{% macro landing_problem(source_system, loaded) -%}{{ return(adapter.dispatch('landing_problem')(source_system, loaded)) }}{%- endmacro %}
{% macro duckdb__landing_problem(source_system, loaded) -%}
    {%- set query = "select footfall_landing_problem('" ~ source_system ~ "', " ~ duckdb__files_as_json(loaded) ~ ")" -%}
    {{ return(run_query(query).columns[0].values() | first) }}
{%- endmacro %}
{% macro spark__landing_problem(source_system, loaded) -%}{{ return('') }}{%- endmacro %}

{# The files of the landing folder that are not in the relation `loaded` (none: all files), one row each. On DuckDB the plugin
   in scripts/footfall looks at them. #}
{% macro landed_files(loaded) -%}{{ return(adapter.dispatch('landed_files')(loaded)) }}{%- endmacro %}
{% macro duckdb__landed_files(loaded) -%}
    select unnest(
        from_json(
            footfall_new_files('{{ var("source_system") }}', {{ duckdb__files_as_json(loaded) }}),
            '[{"source_file": "VARCHAR", "source_table": "VARCHAR", "byte_count": "BIGINT", "modified_us": "BIGINT", "content_md5": "VARCHAR"}]'
        ),
        recursive := true
    )
{%- endmacro %}
{% macro duckdb__files_as_json(loaded) -%}
    {%- if loaded -%}
    (
        select cast(to_json(list({source_file: f.source_file, source_table: f.source_table, byte_count: f.byte_count,
            modified_us: f.modified_us, content_md5: f.content_md5})) as varchar)
        from {{ loaded }} as f
    )
    {%- else -%}
    cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
