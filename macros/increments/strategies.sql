{# Incremental strategy `replace_scope`: the rows in the model's scope are deleted and what its query returns for that scope is
   put in, in one transaction. Unlike delete+insert by the keys of the new rows, a row that the query no longer returns goes
   too. Repeating it changes nothing, so a killed run is made good by the next.
   The scope is named in the model's config, meta: {scope: {…}}, one of these or a list of them:
     spans: [visitor_id column, time column]     visitors' times that the batch touches (int_spans_touched, or the model in
                                                 `of`), and, with hours_before: so many hours before them, or whole_days: their days
     column: …, keys_of: model, key: …           rows whose column has one of the keys that the model lists
     column: …, from_least: …, keys_of: model    rows whose column is not below the least that the model lists
     deliveries_of: key column                   rows of the files of this run, and those of the keys that the query returns
   with where: a condition on the rows that the scope is about. The model's query asks for the same rows by in_spans() and
   in_keys(). #}
{% macro get_incremental_replace_scope_sql(arguments) -%}{{ delete_and_insert(arguments) }}{%- endmacro %}

{# Incremental strategy `accumulate`: notes on the batch at hand pile up over runs that did not finish; those of finished
   batches go. The table has a column batch_number. #}
{% macro get_incremental_accumulate_sql(arguments) -%}{{ delete_and_insert(arguments) }}{%- endmacro %}

{% macro delete_and_insert(arguments) -%}
    {%- set gone = gone_rows(arguments.temp_relation) -%}
    {%- for condition in (['true'] if gone is none else gone) %}
    delete from {{ arguments.target_relation }} as target
    where {{ condition }};
    {%- endfor %}
    {{ insert_all(arguments) }}
{%- endmacro %}

{# Which rows of the table `target` the model's strategy replaces by those of `new_rows`: conditions, or none for all rows. #}
{% macro gone_rows(new_rows) -%}
    {%- if config.get('incremental_strategy') == 'accumulate' -%}
        {{ return([
            'not exists (select 1 from ' ~ state_of('new_files') ~ ' as files where files.batch_number = target.batch_number)'
        ]) }}
    {%- endif -%}
    {%- if not has_finished_runs() -%}{{ return(none) }}{%- endif -%}
    {%- set scope = config.get('meta')['scope'] -%}
    {%- set conditions = [] -%}
    {%- for part in ([scope] if scope is mapping else scope) -%}
        {%- for condition in scope_conditions(part, new_rows) -%}
            {%- do conditions.append('(' ~ condition ~ ')' ~ (' and ' ~ part.where if part.where else '')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}

{% macro insert_all(arguments) -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}

{% macro scope_conditions(scope, temp_relation) -%}
    {%- if 'spans' in scope -%}
        {{ return([spans_condition(
            state_of(scope.of or 'int_spans_touched'), 'target.' ~ scope.spans[0], 'target.' ~ scope.spans[1], scope.hours_before or 0,
            scope.whole_days or false
        )]) }}
    {%- elif 'deliveries_of' in scope -%}
        {{ return([
            keys_condition('_source_file', state_of('new_files'), 'source_file'),
            "target._fate <> 'quarantined' and " ~ keys_condition(scope.deliveries_of, temp_relation, scope.deliveries_of),
        ]) }}
    {%- elif 'from_least' in scope -%}
        {{ return(['target.' ~ scope.column ~ ' >= (select min(moved.' ~ scope.from_least ~ ') from ' ~ state_of(scope.keys_of) ~ ' as moved)']) }}
    {%- else -%}
        {{ return([keys_condition(scope.column, state_of(scope.keys_of), scope.key)]) }}
    {%- endif -%}
{%- endmacro %}

{% macro keys_condition(column, relation, key) -%}
    target.{{ column }} in (select keys.{{ key }} from {{ relation }} as keys)
{%- endmacro %}
