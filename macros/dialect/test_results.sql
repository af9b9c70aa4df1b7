{# How the tests of a run ended, kept in operations.test_results until the same test runs again: what is published tells it. Each test has
   one row. Spark: its tables are looked at through other tools, and a table format without updates could not keep them. #}
{% macro keep_test_results(results) -%}{{ return(adapter.dispatch('keep_test_results')(results)) }}{%- endmacro %}
{% macro spark__keep_test_results(results) -%}{%- endmacro %}
{% macro duckdb__keep_test_results(results) -%}
    {%- set tested = results | selectattr('node.resource_type', 'in', ['test', 'unit_test']) | list if execute else [] -%}
    {%- if tested %}
        create schema if not exists operations;
        create table if not exists operations.test_results (
            test_id varchar,
            test_name varchar,
            tested varchar,
            description varchar,
            status varchar,
            failed_row_count bigint,
            message varchar
        );
        delete from operations.test_results where test_id in (
            {%- for result in tested %}{{ dbt.string_literal(result.node.unique_id) }}{{ ", " if not loop.last }}{% endfor -%}
        );
        insert into operations.test_results (test_id, test_name, tested, description, status, failed_row_count, message) values
        {%- for result in tested %}
            (
                {{ dbt.string_literal(result.node.unique_id) }},
                {{ dbt.string_literal(result.node.name) }},
                {{ dbt.string_literal(tested_node(result.node)) }},
                {{ dbt.string_literal(dbt.escape_single_quotes(result.node.description or "")) }},
                {{ dbt.string_literal(result.status | string) }},
                {{ result.failures if result.failures is not none else "null" }},
                {{ dbt.string_literal(dbt.escape_single_quotes(result.message or "")) }}
            ){{ "," if not loop.last }}
        {%- endfor %};
    {%- endif -%}
{%- endmacro %}

{# The model, seed or source that a test is about; of several the first; '' for none. #}
{% macro tested_node(node) -%}
    {%- set found = node.attached_node or (node.depends_on.nodes | first) or "" -%}
    {{ return(found.split(".")[2:] | join(".")) }}
{%- endmacro %}
