{# The rows of a landed table with every column of its contract (the source's YAML), as text or as they came: a column that
   no file has is NULL. Adds _row (all columns as a struct), _source_file (below the landing folder) and _landed_on.
   A view sees all files, a table that keeps the rows only those of this run. #}
{% macro landed(source_name, table_name) -%}
    {%- set columns = landed_columns(source_name, table_name) -%}
    {%- set of_batch = in_batch(landed_file('filename'), 'landed_on') -%}
    select
        *,
        {{ row_struct(columns) }} as _row,
        {{ landed_file('filename') }} as _source_file,
        coalesce(landed_on, {{ day_without_landing() }}) as _landed_on
    from ({{ with_missing_columns(source(source_name, table_name), columns + ['filename']) }}) as completed
    {%- if model.config.materialized == 'incremental' %}
    where {{ of_batch }}
    {%- endif %}
{%- endmacro %}

{# The same for a table that landed as JSON lines: each line is parsed as a whole. A line that is no JSON object has NULL in
   every column, is_malformed, and keeps its text in _line. #}
{% macro landed_lines(source_name, table_name) -%}
    {%- set columns = landed_columns(source_name, table_name) -%}
    select
        {%- for column in columns %}
        fields.{{ column }} as {{ column }},
        {%- endfor %}
        fields as _row,
        _line,
        fields is null or left(ltrim(_line), 1) <> '{' as is_malformed,
        {{ landed_file('filename') }} as _source_file,
        landed_on as _landed_on
    from (
        select line as _line, filename, landed_on, {{ parse_json_object('line', columns) }} as fields
        from ({{ with_missing_columns(source(source_name, table_name ~ '_lines'), ['line', 'filename']) }}) as completed
        where line <> ''
    ) as parsed
{%- endmacro %}

{# Column names of a landed table, from the one place that states them: the source's YAML. #}
{% macro landed_columns(source_name, table_name) -%}
    {%- set found = namespace(columns=['unparsed']) -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table_name -%}
            {%- set found.columns = node.columns.keys() | list -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.columns) }}
{%- endmacro %}

{# Sources whose files carry no day of arrival count as landed on this day. #}
{% macro day_without_landing() -%}date '1970-01-01'{%- endmacro %}

{% macro landed_file(filename) -%}
    replace({{ filename }}, '{{ env_var("FOOTFALL_LANDING", "data/landing") }}/', '')
{%- endmacro %}

{# Rows of a landed table per file, counted on the files themselves: one side of the reconciliation. A table of JSON lines is
   `reported_as` the table whose lines it holds; blank lines are no rows. #}
{% macro landed_counts(source_name, table_name, reported_as=none) -%}
    select
        '{{ reported_as or table_name }}' as source_table,
        {{ landed_file('filename') }} as source_file,
        coalesce(landed_on, {{ day_without_landing() }}) as landed_on,
        count(*) as landed_count
    from ({{ with_missing_columns(source(source_name, table_name), ['filename'] + (['line'] if reported_as else [])) }}) as completed
    {%- if reported_as %}
    where line <> ''
    {%- endif %}
    group by 1, 2, 3
{%- endmacro %}

{# The day of arrival that a file's path tells. #}
{% macro landing_day(source_file) -%}
    coalesce(try_cast(substr({{ source_file }}, nullif(position('landed_on=' in {{ source_file }}), 0) + 10, 10) as date), {{ day_without_landing() }})
{%- endmacro %}
