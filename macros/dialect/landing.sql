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
{% macro spark__row_struct(columns, of='') -%}
    named_struct({% for c in columns %}'{{ c }}', {{ of }}{{ c }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# A struct as JSON text. Spark leaves NULL fields out unless told. #}
{% macro struct_as_json(struct) -%}{{ return(adapter.dispatch('struct_as_json')(struct)) }}{%- endmacro %}
{% macro duckdb__struct_as_json(struct) -%}cast(to_json({{ struct }}) as varchar){%- endmacro %}
{% macro spark__struct_as_json(struct) -%}to_json({{ struct }}, map('ignoreNullFields', 'false')){%- endmacro %}

{# What is wrong with the landed files, in one line; '' when nothing is. Files of the relation `loaded` (none: no file) must be what
   they were. On DuckDB the plugin in scripts/footfall looks at them. On Spark `binaryFile` lists the files; a query that asks for their
   content reads every file that it lists, so the content is asked for only where size or time differ. #}
{% macro landing_problem(source_system, loaded) -%}{{ return(adapter.dispatch('landing_problem')(source_system, loaded)) }}{%- endmacro %}
{% macro duckdb__landing_problem(source_system, loaded) -%}
    {%- set query = "select footfall_landing_problem('" ~ source_system ~ "', " ~ duckdb__files_as_json(loaded) ~ ")" -%}
    {{ return(run_query(query).columns[0].values() | first) }}
{%- endmacro %}
{% macro spark__landing_problem(source_system, loaded) -%}
    {%- set present = run_query('select distinct source_table from ' ~ spark__present_files()).columns[0].values() -%}
    {%- for node in spark__landed_sources() if not (node.meta.optional or node.meta.lines_of) and node.name not in present -%}
        {{ return(spark__landing_root() ~ '/' ~ spark__patterns_of(node)[0] ~ ": the table '" ~ node.name
            ~ "' has no files. Fix: land at least one file there; it may have no rows.") }}
    {%- endfor -%}
    {%- set no_days -%}
        select source_file
        from {{ spark__present_files() }}
        where source_file like '%/landed_on=%' and try_cast(regexp_extract(source_file, 'landed_on=([^/]*)', 1) as date) is null
        order by source_file nulls last
    {%- endset -%}
    {%- for name in run_query(no_days).columns[0].values() -%}
        {{ return(name ~ ': landed_on: is no day. Fix: name the folder landed_on=YYYY-MM-DD, by the day of arrival.') }}
    {%- endfor -%}
    {{ return(spark__history_problem(loaded) if loaded else '') }}
{%- endmacro %}

{# A loaded file that is gone or says something else now. #}
{% macro spark__history_problem(loaded) -%}
    {%- set rebuild = 'or build everything anew with `dbt build --full-refresh`.' -%}
    {%- set suspects -%}
        select loaded.source_file, present.source_file is null as is_gone
        from {{ loaded }} as loaded
        left join {{ spark__present_files() }} as present on loaded.source_file = present.source_file
        where
            present.source_file is null
            or loaded.byte_count <> present.byte_count
            or loaded.modified_us <> present.modified_us
        order by is_gone desc nulls last, source_file nulls last
    {%- endset -%}
    {%- set touched = [] -%}
    {%- for row in run_query(suspects).rows -%}
        {%- if row[1] -%}{{ return(row[0] ~ ': was loaded and is gone. Fix: put it back, ' ~ rebuild) }}{%- endif -%}
        {%- do touched.append(row[0]) -%}
    {%- endfor -%}
    {%- if not touched -%}{{ return('') }}{%- endif -%}
    {%- set changed -%}
        select present.source_file
        from {{ spark__present_files(touched) }} as present
        inner join {{ loaded }} as loaded on present.source_file = loaded.source_file
        where loaded.content_md5 <> md5(present.content)
        order by present.source_file nulls last
    {%- endset -%}
    {%- for name in run_query(changed).columns[0].values() -%}
        {{ return(name ~ ': was loaded and has changed. Fix: put the old one back and land a new file, ' ~ rebuild) }}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}

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
{% macro spark__landed_files(loaded) -%}
    {%- set is_new -%}
        {% if loaded %}not exists (select 1 from {{ loaded }} as loaded where loaded.source_file = present.source_file){% else %}true{% endif %}
    {%- endset -%}
    {%- set names = run_query('select present.source_file from ' ~ spark__present_files() ~ ' as present where ' ~ is_new).columns[0].values() | list
        if execute and loaded else none -%}
    select
        present.source_file,
        present.source_table,
        present.byte_count,
        present.modified_us,
        md5(present.content) as content_md5
    from {{ spark__present_files(names) }} as present
    where {{ 'false' if names == [] else is_new }}
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

{# On Spark each landed table is a view, with every column of the contract, of tables over its files; a column that no
   file has is NULL, a table without files has no row. The files' own columns are looked up here, once. DuckDB reads
   `external_location` by itself. #}
{% macro spark__register_sources() -%}
    {%- if flags.WHICH in ['build', 'run', 'test'] -%}
        {%- do run_query('create schema if not exists landing') -%}
        {%- set present = run_query('select distinct landed_pattern from ' ~ spark__present_files()).columns[0].values() | list -%}
        {%- for node in spark__landed_sources() -%}
            {%- set selects = [spark__no_rows_of(node)] -%}
            {%- for pattern in spark__patterns_of(node) if pattern in present -%}
                {%- do selects.append(spark__rows_of(node, pattern, 'landing.' ~ node.identifier ~ '__files_' ~ loop.index)) -%}
            {%- endfor -%}
            {%- do run_query('create or replace view ' ~ node.schema ~ '.' ~ node.identifier ~ ' as ' ~ selects | join(' union all ')) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__landed_sources() -%}
    {{ return(graph.sources.values() | selectattr('source_name', 'equalto', var('source_system')) | list if execute else []) }}
{%- endmacro %}

{% macro spark__landing_root() -%}{{ return(env_var('FOOTFALL_LANDING', 'data/landing')) }}{%- endmacro %}

{# The globs of a source's files below the landing folder, from its external_location. #}
{% macro spark__patterns_of(node) -%}
    {%- set location = node.meta.external_location | replace('%(name)s', node.identifier) -%}
    {%- set patterns = [] -%}
    {%- for pattern in modules.re.findall("'([^']+[.](?:parquet|jsonl|csv|csv[.]gz))'", location) -%}
        {%- do patterns.append(pattern[(spark__landing_root() | length) + 1:]) -%}
    {%- endfor -%}
    {{ return(patterns) }}
{%- endmacro %}

{# The landed files of this source, or those of `names`: path below the landing folder, table, size, time and content (which costs
   nothing until it is asked for). Few names are written out, so that no other file is opened. #}
{% macro spark__present_files(names=none) -%}
    {%- set are_written_out = names is not none and 0 < names | length <= 100 and not modules.re.search('[][{},*?\\\\]', names | join('')) -%}
    (
        select
            source_file,
            case
                {%- for node in spark__landed_sources() %}{% for pattern in spark__patterns_of(node) %}
                when source_file rlike r'{{ spark__pattern_as_regex(pattern) }}' then '{{ node.meta.lines_of or node.name }}'
                {%- endfor %}{% endfor %}
            end as source_table,
            case
                {%- for node in spark__landed_sources() %}{% for pattern in spark__patterns_of(node) %}
                when source_file rlike r'{{ spark__pattern_as_regex(pattern) }}' then '{{ pattern }}'
                {%- endfor %}{% endfor %}
            end as landed_pattern,
            byte_count,
            modified_us,
            content
        from (
            select
                regexp_extract(path, r'.*/({{ var("source_system") }}/.*)', 1) as source_file,
                length as byte_count,
                unix_micros(modificationTime) as modified_us,
                content
            {%- if are_written_out %}
            from binaryFile.`{{ spark__landing_root() }}/{{ '{' ~ names | join(',') ~ '}' }}`
            {%- else %}
            from binaryFile.`{{ spark__landing_root() }}/{{ var("source_system") }}` with (recursiveFileLookup = 'true')
            {%- endif %}
        )
        where
            {% for node in spark__landed_sources() %}{% set of_source = loop %}{% for pattern in spark__patterns_of(node) %}
            {{ 'or ' if not (of_source.first and loop.first) }}source_file rlike r'{{ spark__pattern_as_regex(pattern) }}'
            {%- endfor %}{% endfor %}
    )
{%- endmacro %}

{% macro spark__pattern_as_regex(pattern) -%}
    {{ return('^' ~ pattern | replace('.', '[.]') | replace('*', '[^/]*') ~ '$') }}
{%- endmacro %}

{% macro spark__no_rows_of(node) -%}
    select cast(null as string) as {{ (node.columns.keys() | list + ['filename']) | join(', cast(null as string) as ') }}, cast(null as date) as landed_on where false
{%- endmacro %}

{# The rows of a source's files as a query, `filename` being the path below the landing folder; makes a table over the files. Its path
   is a folder and no glob: for a path that does not exist the catalog makes a folder of that name. #}
{% macro spark__rows_of(node, pattern, files) -%}
    {%- set parts = pattern.split('/') -%}
    {%- set fixed = [] -%}
    {%- for part in parts[:-1] if '*' not in part -%}{%- do fixed.append(part) -%}{%- endfor -%}
    {%- do run_query('drop table if exists ' ~ files) -%}
    {%- do run_query(
        'create table ' ~ files ~ ' using ' ~ spark__file_format(pattern)[0] ~ " options (path '" ~ spark__landing_root() ~ '/' ~ fixed | join('/')
        ~ "', recursiveFileLookup 'true', pathGlobFilter '" ~ parts[-1] ~ "'" ~ spark__file_format(pattern)[1] ~ ')'
    ) -%}
    {%- set found = run_query('select * from ' ~ files ~ ' limit 0').column_names | map('lower') | list -%}
    select
        {%- for column in node.columns %}
        cast({{ 'value' if pattern.endswith('.jsonl') else column if column | lower in found else 'null' }} as string) as {{ column }},
        {%- endfor %}
        {{ spark__below_landing('_metadata.file_path') }} as filename,
        {{ "try_cast(regexp_extract(_metadata.file_path, r'.*/landed_on=([^/]*)', 1) as date)" if 'landed_on=' in pattern else 'cast(null as date)' }} as landed_on
    from {{ files }}
    where {{ spark__below_landing('_metadata.file_path') }} rlike r'{{ spark__pattern_as_regex(pattern) }}'
{%- endmacro %}

{# A file's path below the landing folder, of its address. #}
{% macro spark__below_landing(address) -%}
    regexp_extract(url_decode(replace({{ address }}, '+', '%2B')), r'.*/({{ var("source_system") }}/.*)', 1)
{%- endmacro %}

{# Spark's name of a format, and its options. #}
{% macro spark__file_format(pattern) -%}
    {%- if pattern.endswith('.parquet') -%}
        {{ return(['parquet', ", mergeSchema 'true'"]) }}
    {%- elif pattern.endswith('.jsonl') -%}
        {{ return(['text', '']) }}
    {%- else -%}
        {{ return(['csv', ", header 'true', quote '\"', escape '\"', multiLine 'true'"]) }}
    {%- endif -%}
{%- endmacro %}

{# Empties a table. Spark has no `delete` on plain Parquet. #}
{% macro delete_all_rows(relation) -%}{{ return(adapter.dispatch('delete_all_rows')(relation)) }}{%- endmacro %}
{% macro duckdb__delete_all_rows(relation) -%}delete from {{ relation }}{%- endmacro %}
{% macro spark__delete_all_rows(relation) -%}truncate table {{ relation }}{%- endmacro %}
