{# What an engine needs before a run; DuckDB nothing. #}
{% macro prepare_engine() -%}{{ return(adapter.dispatch('prepare_engine')()) }}{%- endmacro %}
{% macro duckdb__prepare_engine() -%}{%- endmacro %}
{% macro spark__prepare_engine() -%}
    {%- if execute -%}
        {%- do spark__tell_what_is_left_out() -%}
        {%- do spark__recover_tables() -%}
        {%- do spark__register_sources() -%}
    {%- endif -%}
{%- endmacro %}

{# On Spark a table is made aside, under a name of this run, and takes the place of the old one when it is whole: a query that fails
   leaves the old table, and a killed run leaves a table that nobody reads, never half of one (a killed `create table as` would leave
   files that keep the next from starting: LOCATION_ALREADY_EXISTS). #}
{% materialization table, adapter='spark', supported_languages=['sql', 'python'] %}
    {#- Only one that was selected by name comes here; the run has said that it is left out. -#}
    {%- if model.language == 'python' -%}
        {%- call noop_statement('main', 'LEFT OUT') -%}{%- endcall -%}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {%- set target_relation = api.Relation.create(identifier=model.alias, schema=schema, database=database, type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do spark__replace_table(target_relation, compiled_code) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro spark__replace_table(target_relation, query) -%}
    {%- if spark__has_commits() -%}
        {%- call statement('main') -%}
            {{ create_table_as(False, target_relation, query) }}
        {%- endcall -%}
        {{ return('') }}
    {%- endif -%}
    {%- set aside = spark__aside(target_relation, 'new') -%}
    {%- call statement('main') -%}
        {{ create_table_as(False, aside, query) }}
    {%- endcall -%}
    {%- do spark__swap(aside, target_relation) -%}
{%- endmacro %}

{% macro spark__aside(relation, suffix) -%}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ '__' ~ suffix ~ '_' ~ invocation_id[:8]}, type='table')) }}
{%- endmacro %}

{% macro spark__swap(aside, target_relation) -%}
    {%- set old = adapter.get_relation(database=target_relation.database, schema=target_relation.schema, identifier=target_relation.identifier) -%}
    {%- if old is not none -%}{%- do adapter.drop_relation(old) -%}{%- endif -%}
    {%- do adapter.rename_relation(aside, target_relation) -%}
{%- endmacro %}

{# An increment replaces the rows that the model's strategy names (gone_rows()) by those of its query. A model that names a
   partition column (meta: {stored_by: …}) rewrites the partitions that hold such rows; another one is made anew from the rows that
   stay and the new ones. Delta Lake and Iceberg do both in one commit. #}
{% materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {%- set target_relation = api.Relation.create(identifier=model.alias, schema=schema, database=database, type='table') -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- do spark__replace_table(target_relation, compiled_code) -%}
    {%- else -%}
        {%- set staged = spark__aside(target_relation, 'rows') -%}
        {%- call statement('stage') -%}{{ spark__create_plain_table(staged, compiled_code) }}{%- endcall -%}
        {%- do process_schema_changes('fail', staged, existing) -%}
        {%- set gone = gone_rows(staged) -%}
        {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute='name') | join(', ') -%}
        {%- if gone is not none and spark__partition_column() and spark__has_commits() -%}
            {%- do spark__merge(existing, staged, columns.split(', '), spark__any_of(gone)) -%}
        {%- elif gone is not none and spark__partition_column() -%}
            {%- do spark__rewrite_partitions(existing, staged, columns, spark__any_of(gone)) -%}
        {%- else -%}
            {%- set query -%}
                {%- if gone is not none %}
                select {{ columns }} from {{ existing }} as target where case when {{ spark__any_of(gone) }} then false else true end
                union all
                {%- endif %}
                select {{ columns }} from {{ staged }}
            {%- endset -%}
            {%- do spark__replace_table(target_relation, query) -%}
        {%- endif -%}
        {%- do adapter.drop_relation(staged) -%}
    {%- endif -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{# dbt-spark asks for the config `partition_by`, which dbt-duckdb takes for its own. #}
{% macro spark__partition_cols(label, required=false) -%}
    {%- set key = spark__partition_column() -%}
    {{ label ~ ' (' ~ key ~ ')' if key }}
{%- endmacro %}

{% macro spark__any_of(conditions) -%}{{ return('(' ~ conditions | join(') or (') ~ ')' if conditions else 'false') }}{%- endmacro %}

{% macro spark__partition_column() -%}{{ return((config.get('meta') or {}).get('stored_by')) }}{%- endmacro %}

{% macro spark__create_plain_table(relation, query) -%}
    create table {{ relation }} using parquet as {{ query }}
{%- endmacro %}

{# Delta Lake and Iceberg replace rows, or a whole table, in one commit; plain Parquet files do not. #}
{% macro spark__has_commits() -%}{{ return(config.get('file_format', 'parquet') in ['delta', 'iceberg']) }}{%- endmacro %}

{# Rows by the model's unique_key: the new ones come or replace theirs, those that are gone and do not come again are deleted. #}
{% macro spark__merge(existing, staged, columns, is_gone) -%}
    {%- set keys = config.require('unique_key') -%}
    {%- set same = [] -%}
    {%- for key in keys -%}{%- do same.append('target.' ~ key ~ ' <=> changes.' ~ key) -%}{%- endfor -%}
    {%- call statement('main') -%}
        merge into {{ existing }} as target
        using (
            select {{ columns | join(', ') }}, false as is_gone from {{ staged }}
            union all
            select {{ columns | join(', ') }}, true as is_gone
            from {{ existing }} as target
            where {{ is_gone }} and not exists (
                select 1 from {{ staged }} as changes where {{ same | join(' and ') }}
            )
        ) as changes
        on {{ same | join(' and ') }}
        when matched and changes.is_gone then delete
        when matched then update set {% for column in columns %}target.{{ column }} = changes.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        when not matched and not changes.is_gone then insert ({{ columns | join(', ') }}) values (changes.{{ columns | join(', changes.') }})
    {%- endcall -%}
{%- endmacro %}

{# Only the partitions that rows go from or come to are written. What they will hold is put into a table X__redo first; from its
   rename on the increment counts, and spark__redo() can be repeated until it is done, by the next run if need be. #}
{% macro spark__rewrite_partitions(existing, staged, columns, is_gone) -%}
    {%- set key = spark__partition_column() -%}
    {%- set touched = spark__aside(existing, 'partitions') -%}
    {%- call statement('partitions') -%}
        {{ spark__create_plain_table(touched,
            'select distinct ' ~ key ~ ' from ' ~ existing ~ ' as target where ' ~ is_gone ~ ' union select distinct ' ~ key ~ ' from ' ~ staged) }}
    {%- endcall -%}
    {%- set contents = spark__aside(existing, 'contents') -%}
    {%- call statement('main') -%}
        {%- set query %}
        select {{ columns }}
        from {{ existing }} as target
        where
            {{ spark__is_in_partitions('target.' ~ key, touched, key) }}
            and case when {{ is_gone }} then false else true end
        union all
        select {{ columns }} from {{ staged }}
        {%- endset -%}
        {{ spark__create_plain_table(contents, query) }}
    {%- endcall -%}
    {%- set emptied = run_query('select ' ~ key ~ ' from ' ~ touched ~ ' except select ' ~ key ~ ' from ' ~ contents).columns[0].values() -%}
    {%- do run_query('alter table ' ~ contents ~ " set tblproperties ('footfall.stored_by' = '" ~ key ~ "', 'footfall.emptied' = '" ~ emptied | join(',') ~ "')") -%}
    {%- set redo = spark__redo_of(existing) -%}
    {%- do adapter.rename_relation(contents, redo) -%}
    {%- do spark__redo(existing, redo) -%}
    {%- do adapter.drop_relation(touched) -%}
{%- endmacro %}

{# The engine opens only partitions that are named. #}
{% macro spark__is_in_partitions(column, touched, key) -%}
    {%- set values = run_query('select ' ~ key ~ ' from ' ~ touched).columns[0].values() -%}
    {{ return(column ~ " in (date '" ~ values | join("', date '") ~ "')" if values else 'false') }}
{%- endmacro %}

{% macro spark__redo_of(relation) -%}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ '__redo'}, type='table')) }}
{%- endmacro %}

{# Puts the contents of partitions that `redo` holds into their table; the same when it is repeated. #}
{% macro spark__redo(relation, redo) -%}
    {%- set properties = {} -%}
    {%- for row in run_query('show tblproperties ' ~ redo).rows -%}{%- do properties.update({row[0]: row[1]}) -%}{%- endfor -%}
    {%- set key = properties['footfall.stored_by'] -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | join(', ') -%}
    {%- do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') -%}
    {%- do run_query('insert overwrite table ' ~ relation ~ ' partition (' ~ key ~ ') select ' ~ columns ~ ' from ' ~ redo) -%}
    {%- for value in properties['footfall.emptied'].split(',') if value -%}
        {%- do run_query('alter table ' ~ relation ~ ' drop if exists partition (' ~ key ~ " = '" ~ value ~ "')") -%}
    {%- endfor -%}
    {%- do adapter.drop_relation(redo) -%}
{%- endmacro %}

{# At the start of a run: what a killed one had decided but not finished is finished, and what it left aside goes. #}
{% macro spark__recover_tables() -%}
    {%- if flags.WHICH in ['build', 'run'] -%}
        {%- set schemas = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | map(attribute='schema') | unique | list -%}
        {%- for schema in schemas if adapter.check_schema_exists(database=none, schema=schema) -%}
            {%- set tables = run_query('show tables in ' ~ schema).columns['tableName'].values() | list -%}
            {%- for name in tables if name.endswith('__redo') -%}
                {%- do spark__redo(
                    api.Relation.create(schema=schema, identifier=name[:-6], type='table'), api.Relation.create(schema=schema, identifier=name, type='table')
                ) -%}
            {%- endfor -%}
            {%- for name in tables if modules.re.search('__(new|rows|partitions|contents)_[0-9a-f]{8}$', name) -%}
                {%- do run_query('drop table ' ~ schema ~ '.' ~ name) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# dbt-spark's own loader binds NULL as the text 'None', and in a session does not escape quotes. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(1000) -%}
        {%- set statement -%}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
                ({%- for column in agate_table.column_names -%}
                    {%- set value = row[loop.index0] -%}
                    cast({% if value is none %}null{% else %}'{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'{% endif %} as {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) }})
                    {{- ', ' if not loop.last -}}
                {%- endfor -%}){{ ', ' if not loop.last }}
            {% endfor %}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{%- endmacro %}

{# One line on what this engine leaves out: models with the tag duckdb_only (selectors.yml). #}
{% macro spark__tell_what_is_left_out() -%}
    {%- if flags.WHICH in ['build', 'run'] -%}
        {%- set names = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and 'duckdb_only' in node.tags -%}
            {%- do names.append(node.name) -%}
        {%- endfor -%}
        {%- if names -%}
            {%- do log('Left out on Spark, with what is made of them (tag duckdb_only): ' ~ names | sort | join(', ') ~ '. Fix: build them with the target duckdb.', info=true) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
