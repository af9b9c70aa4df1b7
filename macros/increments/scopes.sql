{# Is a row in the scope of this run? In an increment the visitors' times that the batch touches (and so many hours before them, or
   the whole days that they lie in); else every row, or the rows of one bucket of visitors after the other. `of` is
   int_event_spans_touched where nothing is said of owners. #}
{% macro in_spans(visitor_id, happened_at, hours_before=0, whole_days=false, of='int_spans_touched') -%}
    {%- if not execute or is_increment() -%}
    {{ spans_condition(ref(of), visitor_id, happened_at, hours_before, whole_days) }}
    {%- else -%}
    {{ in_bucket(visitor_id) }}
    {%- endif -%}
{%- endmacro %}

{# The same for all that a touched visitor ever did. #}
{% macro of_touched_visitors(visitor_id) -%}
    {%- if not execute or is_increment() -%}
    {{ visitor_id }} in (select spans.visitor_id from {{ ref('int_spans_touched') }} as spans)
    {%- else -%}
    {{ in_bucket(visitor_id) }}
    {%- endif -%}
{%- endmacro %}

{# The same for what is told by shopper. #}
{% macro of_touched_shoppers(shopper_id) -%}
    {%- if not execute or is_increment() -%}
    {{ shopper_id }} in (select touched.shopper_id from {{ ref('int_shoppers_touched') }} as touched)
    {%- else -%}
    {{ in_bucket(shopper_id) }}
    {%- endif -%}
{%- endmacro %}

{# Was the device ever that of a touched shopper? Events are filtered by it before their owner is asked for. #}
{% macro of_devices_of_touched_shoppers(visitor_id) -%}
    {%- if not execute or is_increment() -%}
    {{ visitor_id }} in (
        select touched.shopper_id from {{ ref('int_shoppers_touched') }} as touched
        union all
        select devices.visitor_id
        from {{ ref('int_visitors_identified') }} as devices
        inner join {{ ref('int_shoppers_touched') }} as touched on devices.customer_id = touched.shopper_id
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# The same for what is told by shopper or customer and made without buckets. #}
{% macro of_touched_customers(customer_id) -%}{{ in_keys('int_shoppers_touched', customer_id, 'shopper_id') }}{%- endmacro %}

{# Whose rows in a model's own table stay as they are. #}
{% macro of_untouched_customers(customer_id) -%}
    not exists (
        select 1
        from {{ ref('int_shoppers_touched') }} as touched
        where touched.shopper_id = {{ customer_id }}
    )
{%- endmacro %}

{# The rows of a customer at a snapshot that a batch changes: all of a touched customer, and of everybody those from the day on by which
   the as-of date moves. #}
{% macro of_changed_snapshots(customer_id, snapshot_on) -%}
    {%- if not execute or is_increment() -%}
    (
        {{ customer_id }} in (select touched.shopper_id from {{ ref('int_shoppers_touched') }} as touched)
        or {{ snapshot_on }} >= (select min(moved.moved_from) from {{ ref('int_snapshots_moved') }} as moved)
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# Snapshots of customers whom the batch does not touch, from a model's own rows: nothing has happened to them, so what adds up over
   time is what it was. `columns` are the model's others. To be added to the rows of those who are touched; empty in a first load. #}
{% macro carried_snapshots(columns) -%}
    select
        kept.customer_id,
        snapshots.snapshot_on,
        {%- for column in columns %}
        kept.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ this }} as kept
    inner join {{ ref('int_snapshot_dates') }} as snapshots
        on snapshots.snapshot_on >= (select min(moved.moved_from) from {{ ref('int_snapshots_moved') }} as moved)
    where
        kept.snapshot_on = (select max(latest.snapshot_on) from {{ this }} as latest)
        and {{ of_untouched_customers('kept.customer_id') }}
{%- endmacro %}

{# Is a time on one of the days by which this batch moves the as-of date (a CTE moved_days)? #}
{% macro is_of_moved_days(happened_at) -%}
    cast({{ happened_at }} as date)
    between (select moved_days.moved_from from moved_days) and (select moved_days.moved_to from moved_days)
{%- endmacro %}

{# Which rows that are told by shopper or customer a batch changes. #}
{% macro shopper_scope(column) -%}
    {{ return({'column': column, 'keys_of': 'int_shoppers_touched', 'key': 'shopper_id'}) }}
{%- endmacro %}

{# The same of what is told by order. #}
{% macro order_scope() -%}
    {{ return({'column': 'order_id', 'keys_of': 'int_orders_touched', 'key': 'order_id'}) }}
{%- endmacro %}

{% macro of_touched_orders(order_id) -%}{{ in_keys('int_orders_touched', order_id, 'order_id') }}{%- endmacro %}

{# Which rows of snapshots a batch changes; see of_changed_snapshots(). #}
{% macro snapshot_scope() -%}
    {{ return([
        shopper_scope('customer_id'),
        {'column': 'snapshot_on', 'from_least': 'moved_from', 'keys_of': 'int_snapshots_moved'},
    ]) }}
{%- endmacro %}

{# Most spans are of the last days and a few reach far back (late events, first logins). The bounds of most are written out, and of what
   is earlier only visitors with such a span are asked for: few rows then come to the correlated exists, which keeps all rows that it is
   asked of (102 million of them: 50 GB on disk). #}
{% macro spans_condition(spans, visitor_id, happened_at, hours_before=0, whole_days=false) -%}
    {%- set bounds = bounds_of_spans(spans) if execute else none -%}
    {%- if bounds is none -%}
    false
    {%- else -%}
    {{ happened_at }} >= {{ span_start("timestamp '" ~ bounds.first ~ "'", hours_before, whole_days) }}
    and {{ happened_at }} <= {{ span_end("timestamp '" ~ bounds.last ~ "'", whole_days) }}
    and (
        {{ happened_at }} >= {{ span_start("timestamp '" ~ bounds.first_of_most ~ "'", hours_before, whole_days) }}
        or {{ visitor_id }} in (
            select spans.visitor_id
            from {{ spans }} as spans
            where spans.span_started_at < timestamp '{{ bounds.first_of_most }}'
        )
    )
    and {{ visitor_id }} in (select spans.visitor_id from {{ spans }} as spans)
    and exists (
        select 1
        from {{ spans }} as spans
        where
            spans.visitor_id = {{ visitor_id }}
            and {{ happened_at }} >= {{ span_start('spans.span_started_at', hours_before, whole_days) }}
            and {{ happened_at }} <= {{ span_end('spans.span_ended_at', whole_days) }}
    )
    {%- endif -%}
{%- endmacro %}

{# When the first span starts and the last ends, and from when on most (nine of ten) start; none without a span. #}
{% macro bounds_of_spans(spans) -%}
    {%- set found = run_query(
        'select min(span_started_at), max(span_ended_at), '
        ~ timestamp_from_us('cast(' ~ percentile(epoch_us('span_started_at'), 0.1) ~ ' as bigint)') ~ ' from ' ~ spans
    ).rows[0] -%}
    {{ return(none if found[0] is none else {'first': found[0], 'last': found[1], 'first_of_most': found[2]}) }}
{%- endmacro %}

{% macro span_start(started_at, hours_before, whole_days) -%}
    {%- set start = started_at ~ (' - interval ' ~ hours_before ~ ' hour' if hours_before else '') -%}
    {{ 'cast(cast(' ~ start ~ ' as date) as timestamp)' if whole_days else start }}
{%- endmacro %}

{% macro span_end(ended_at, whole_days) -%}
    {{ 'cast(cast(' ~ ended_at ~ ' as date) + 1 as timestamp) - interval 1 microsecond' if whole_days else ended_at }}
{%- endmacro %}

{# Is a key one of those that a model lists? In an increment; else every row is in the scope. #}
{% macro in_keys(model_name, key, column) -%}
    {%- if not execute or is_increment() -%}
    {{ key }} in (select listed.{{ column }} from {{ ref(model_name) }} as listed)
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# Does a row come from a file that this run reads? Few files are written out, of many their days: then the engine opens
   no other file. #}
{% macro in_batch(source_file='_source_file', landed_on='_landed_on') -%}
    {%- set batch = ref('new_files') if not execute else state_of('new_files') -%}
    {%- if not execute or batch is none -%}
    true
    {%- else -%}
        {%- set counted = run_query('select count(*), bool_and(is_first_batch) from ' ~ batch).rows[0] -%}
        {%- if counted[1] -%}
    true
        {%- elif counted[0] == 0 -%}
    false
        {%- elif counted[0] <= 100 -%}
            {%- set files = run_query('select source_file from ' ~ batch ~ ' order by source_file').columns[0].values() -%}
    {{ source_file }} in ('{{ files | map('replace', "'", "''") | join("', '") }}')
        {%- else -%}
            {%- set days = run_query('select distinct landed_on from ' ~ batch ~ ' order by landed_on').columns[0].values() -%}
    {{ landed_on }} in (date '{{ days | join("', date '") }}')
    and {{ source_file }} in (select files.source_file from {{ batch }} as files)
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Did a row come with another file than those of this run? What an unfinished run left of them is read again. #}
{% macro is_of_an_earlier_file(source_file) -%}
    not exists (
        select 1
        from {{ ref('new_files') }} as files
        where files.source_file = {{ source_file }}
    )
{%- endmacro %}

{# An edge in the graph to a model that has to be there first, though no row of it is read. #}
{% macro runs_after(model_name) -%}
    {%- if not execute -%}{%- do ref(model_name) -%}{%- endif -%}
{%- endmacro %}
