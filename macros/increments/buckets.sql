{# A first load of many events is made bucket after bucket of visitors: what a visitor did is told by the visitor's events alone, so
   memory has to hold one bucket and not all of history. The model's own query makes the first bucket, and its post-hook repeats
   the query for the others. Few events are one bucket. #}
{% macro in_bucket(visitor_id) -%}
    {%- set bucket_count = visitor_bucket_count() -%}
    {{ 'true' if bucket_count == 1 else visitor_bucket(visitor_id, bucket_count) ~ ' = ' ~ bucket_mark(0) }}
{%- endmacro %}

{% macro bucket_mark(number) -%}{{ return(number ~ ' /* bucket */') }}{%- endmacro %}

{# So many buckets that each holds about so many events as the memory of a laptop does with ease. #}
{% macro visitor_bucket_count() -%}
    {%- if not spills_by_bucket() -%}{{ return(1) }}{%- endif -%}
    {%- set batch = state_of('int_events_batched') -%}
    {%- if batch is none -%}{{ return(1) }}{%- endif -%}
    {{ return(run_query('select 1 + count(*) / ' ~ whole_variable('events_per_bucket') ~ ' from ' ~ batch).columns[0].values()[0] | int) }}
{%- endmacro %}

{# Post-hook of every incremental model: the other buckets, where its query was about the first one. #}
{% macro insert_other_buckets() -%}
    {%- if execute and model.config.materialized == 'incremental' and bucket_mark(0) in sql -%}
        {%- for number in range(1, visitor_bucket_count()) %}
        insert into {{ this }}
        {{ sql | replace(bucket_mark(0), bucket_mark(number)) }};
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
