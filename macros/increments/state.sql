{# A table as the last run left it, for models that come before it: no edge in the graph, which would be a circle. None while
   it does not exist, and in unit tests, which make everything from the rows that they give and see no graph. #}
{% macro state_of(model_name) -%}
    {%- if not execute or graph.nodes is not defined -%}{{ return(none) }}{%- endif -%}
    {%- set node = graph.nodes[model_id(model_name)] -%}
    {{ return(load_cached_relation(api.Relation.create(database=node.database, schema=node.schema, identifier=node.name))) }}
{%- endmacro %}

{% macro model_id(model_name) -%}{{ return('model.' ~ project_name ~ '.' ~ model_name) }}{%- endmacro %}

{# Has a run ever loaded its files into every table? #}
{% macro has_finished_runs() -%}
    {%- set loaded = state_of('loaded_files') -%}
    {{ return(loaded is not none and run_query('select count(*) from ' ~ loaded).columns[0].values()[0] > 0) }}
{%- endmacro %}

{# Does this model add to what an earlier run finished? Else it is made from everything: in a full refresh, when it does not
   exist, and until a first run has finished. #}
{% macro is_increment() -%}
    {{ return(has_finished_runs() and is_incremental()) }}
{%- endmacro %}

{# The list of loaded files, where there is one that this run adds to. #}
{% macro loaded_files_at_hand() -%}
    {%- if not execute or flags.FULL_REFRESH or not has_finished_runs() -%}{{ return(none) }}{%- endif -%}
    {%- for node in readers_of_landing() if state_of(node.name) is none -%}
        {{ return(none) }}
    {%- endfor -%}
    {{ return(state_of('loaded_files')) }}
{%- endmacro %}

{# The files whose rows are in tables: those of finished runs, and those that an unfinished run has left rows of. #}
{% macro files_in_tables() -%}
    {%- set loaded = loaded_files_at_hand() -%}
    {%- set begun = state_of('new_files') -%}
    {%- if loaded is none or begun is none -%}{{ return(loaded) }}{%- endif -%}
    {%- set columns = 'source_file, source_table, byte_count, modified_us, content_md5' -%}
    {%- set unfinished -%}
        select {{ columns }}
        from {{ begun }} as files
        where not exists (select 1 from {{ loaded }} as loaded where loaded.source_file = files.source_file)
    {%- endset -%}
    {%- if run_query('select count(*) from (' ~ unfinished ~ ')').columns[0].values()[0] == 0 -%}{{ return(loaded) }}{%- endif -%}
    {%- set kept = [] -%}
    {%- for node in readers_of_landing() -%}
        {%- set names = adapter.get_columns_in_relation(state_of(node.name)) | map(attribute='name') | list -%}
        {%- do kept.append('select ' ~ ('_source_file' if '_source_file' in names else 'source_file') ~ ' from ' ~ state_of(node.name)) -%}
    {%- endfor -%}
    {{ return(
        '(select ' ~ columns ~ ' from ' ~ loaded ~ ' union all ' ~ unfinished ~ ' and files.source_file in (' ~ kept | join(' union all ') ~ '))'
    ) }}
{%- endmacro %}

{# Models that keep rows of landed files; all others read tables. A new one of these needs all files once. #}
{% macro readers_of_landing() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and 'reads_landing' in node.tags and node.config.materialized == 'incremental' -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro next_batch_number(loaded) -%}
    {{ 'cast((select max(loaded.batch_number) from ' ~ loaded ~ ' as loaded) + 1 as bigint)' if loaded else 'cast(1 as bigint)' }}
{%- endmacro %}

{# true when this run makes or extends every incremental table; with one left out, its files stay new. #}
{% macro have_all_increments_run() -%}
    {%- set left_out = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and (node.config.materialized == 'incremental' or node.name == 'new_files') -%}
            {%- if node.unique_id not in selected_resources -%}{%- do left_out.append(node.name) -%}{%- endif -%}
        {%- endfor -%}
        {%- if left_out -%}
            {%- do log('Not all tables were extended (' ~ left_out | sort | join(', ') ~ ' left out): the next run reads the new files again.', info=true) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return('false' if left_out else 'true') }}
{%- endmacro %}

{# A full refresh begins by forgetting what was loaded: when it is killed, the next run makes every table from everything. #}
{% macro forget_loaded_files() -%}
    {%- set loaded = state_of('loaded_files') -%}
    {%- if flags.FULL_REFRESH and loaded is not none and model_id('new_files') in selected_resources -%}
        {%- do run_query(delete_all_rows(loaded)) -%}
    {%- endif -%}
{%- endmacro %}
