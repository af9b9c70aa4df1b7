{# One row per column of a table: how full, how varied, its extremes, and its outliers (outside Tukey's fences, 1.5
   interquartile ranges beyond the quartiles; numbers only). Distinct counts are exact. Two passes over the table.
   Of a table with a time column the last profile_days days are looked at, and rows without a time. #}
{% macro profiled_columns(relation, table_name, time_column=none) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) if execute else [] -%}
    {%- set numbers = columns | selectattr('name', 'in', numeric_columns(columns)) | list -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set number_names = numbers | map(attribute='name') | list -%}
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
                {{ as_text('min(' ~ column.name ~ ')', column) }} as min_{{ column.name }},
                {{ as_text('max(' ~ column.name ~ ')', column) }} as max_{{ column.name }}
                {%- endfor %}
                {%- for column in numbers %},
                cast(sum(cast({{ column.name }} as decimal(38, {{ 10 if is_double(column) else 4 }}))) as double) / count({{ column.name }}) as mean_{{ column.name }},
                count(*) filter (
                    where
                        {{ column.name }} < quartiles.q1_{{ column.name }} - 1.5 * (quartiles.q3_{{ column.name }} - quartiles.q1_{{ column.name }})
                        or {{ column.name }} > quartiles.q3_{{ column.name }} + 1.5 * (quartiles.q3_{{ column.name }} - quartiles.q1_{{ column.name }})
                ) as outliers_{{ column.name }}
                {%- endfor %}
            from profiled_rows
            cross join quartiles
        )

        -- One pass: an engine may compute `measured` again for each select of a union.
        select
            cast(position_number + 1 as integer) as column_number,
            {{ by_position(names, "'", "'") }} as column_name,
            row_count,
            row_count - {{ by_position(names, 'filled_') }} as null_count,
            {{ by_position(names, 'distinct_') }} as distinct_count,
            {{ by_position(names, 'min_') }} as min_value,
            {{ by_position(names, 'max_') }} as max_value,
            {{ by_position(names, 'mean_', among=number_names) }} as mean_value,
            {{ by_position(names, 'outliers_', among=number_names) }} as outlier_count
        from measured
        cross join {{ number_series('positions', 'position_number', columns | length) }}
    ) as profiled
    {%- endif -%}
{%- endmacro %}

{# A value of a column as text. Engines write doubles in ways of their own (1e-06 and 1.0E-6), so those have six decimals. #}
{% macro as_text(value, column) -%}
    cast({{ 'try_cast(' ~ value ~ ' as decimal(38, 6))' if is_double(column) else value }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro is_double(column) -%}{{ return(column.dtype | lower in ['double', 'float']) }}{%- endmacro %}

{# What stands for the column at position_number (from 0): its name with something before and behind it; NULL for those not `among`. #}
{% macro by_position(names, before, behind='', among=none) -%}
    {%- if among is not none and not among -%}{{ return('null') }}{%- endif -%}
    case position_number
        {%- for name in names if among is none or name in among %}
        when {{ names.index(name) }} then {{ before ~ name ~ behind }}
        {%- endfor %}
    end
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
