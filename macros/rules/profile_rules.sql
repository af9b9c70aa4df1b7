{# One row per column of a table: how full, how varied, its extremes, and its outliers (outside Tukey's fences, 1.5
   interquartile ranges beyond the quartiles; numbers only). Distinct counts are exact. Two passes over the table.
   Of a table with a time column the last profile_days days are looked at, and rows without a time. #}
{% macro profiled_columns(relation, table_name, time_column=none) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) if execute else [] -%}
    {%- set numbers = columns | selectattr('name', 'in', numeric_columns(columns)) | list -%}
    {%- if not columns -%}
    {{ unprofiled_columns() }}
    {%- else -%}
    select
        '{{ table_name }}' as table_name,
        profiled.*
    from (
        with profiled_rows as (
            select * from {{ relation }}
            {%- if time_column %}
            where {{ is_profiled(time_column) }}
            {%- endif %}
        ),

        quartiles as (
            select
                count(*) as row_count
                {%- for column in numbers %},
                percentile_cont(0.25) within group (order by cast({{ column.name }} as double)) as q1_{{ column.name }},
                percentile_cont(0.75) within group (order by cast({{ column.name }} as double)) as q3_{{ column.name }}
                {%- endfor %}
            from profiled_rows
        ),

        measured as (
            select
                count(*) as row_count
                {%- for column in columns %},
                count({{ column.name }}) as filled_{{ column.name }},
                count(distinct {{ column.name }}) as distinct_{{ column.name }},
                cast(min({{ column.name }}) as {{ dbt.type_string() }}) as min_{{ column.name }},
                cast(max({{ column.name }}) as {{ dbt.type_string() }}) as max_{{ column.name }}
                {%- endfor %}
                {%- for column in numbers %},
                cast(sum(cast({{ column.name }} as decimal(38, 4))) as double) / count({{ column.name }}) as mean_{{ column.name }},
                count(*) filter (
                    where
                        {{ column.name }} < quartiles.q1_{{ column.name }} - 1.5 * (quartiles.q3_{{ column.name }} - quartiles.q1_{{ column.name }})
                        or {{ column.name }} > quartiles.q3_{{ column.name }} + 1.5 * (quartiles.q3_{{ column.name }} - quartiles.q1_{{ column.name }})
                ) as outliers_{{ column.name }}
                {%- endfor %}
            from profiled_rows
            cross join quartiles
        )

        {% for column in columns -%}
        select
            {{ loop.index }} as column_number,
            '{{ column.name }}' as column_name,
            row_count,
            row_count - filled_{{ column.name }} as null_count,
            distinct_{{ column.name }} as distinct_count,
            min_{{ column.name }} as min_value,
            max_{{ column.name }} as max_value,
            {{ 'mean_' ~ column.name if column in numbers else 'cast(null as double)' }} as mean_value,
            {{ 'outliers_' ~ column.name if column in numbers else 'cast(null as bigint)' }} as outlier_count
        from measured
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as profiled
    {%- endif -%}
{%- endmacro %}

{# Is a fact one of those that are profiled? The day is written out, so that the engine skips what is earlier. #}
{% macro is_profiled(happened_at) -%}
    {%- set first_day = run_query(
        'select ' ~ as_of_date() ~ ' - ' ~ (whole_variable('profile_days') - 1)
    ).columns[0].values()[0] -%}
    {{ happened_at ~ " >= timestamp '" ~ first_day ~ " 00:00:00' or " if first_day is not none }}{{ happened_at }} is null
{%- endmacro %}

{# What profiled_columns gives for a table that is not there yet (dbt compile before the first build). #}
{% macro unprofiled_columns() -%}
    select
        cast(null as {{ dbt.type_string() }}) as table_name,
        cast(null as integer) as column_number,
        cast(null as {{ dbt.type_string() }}) as column_name,
        cast(null as bigint) as row_count,
        cast(null as bigint) as null_count,
        cast(null as bigint) as distinct_count,
        cast(null as {{ dbt.type_string() }}) as min_value,
        cast(null as {{ dbt.type_string() }}) as max_value,
        cast(null as double) as mean_value,
        cast(null as bigint) as outlier_count
    where false
{%- endmacro %}

{# Names of the columns that hold numbers. dbt does not count Spark's int as one. #}
{% macro numeric_columns(columns) -%}
    {%- set names = [] -%}
    {%- for column in columns if column.is_number() or 'decimal' in column.dtype | lower or column.dtype | lower == 'int' -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
