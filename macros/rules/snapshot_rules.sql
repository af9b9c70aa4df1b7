{# The first snapshot that knows what happened on a day: the day's month end, or the as-of date where that comes first. Days after
   the as-of date have none. What adds up over time is summed by this date, and a snapshot is the sum of all up to its own. #}
{% macro first_snapshot_on(day, as_of_date) -%}
    case when {{ day }} <= {{ as_of_date }} then least(cast(last_day({{ day }}) as date), {{ as_of_date }}) end
{%- endmacro %}

{# The end of a snapshot's day, exclusive: what happened before it is known. #}
{% macro snapshot_moment(snapshot_on) -%}
    cast({{ snapshot_on }} + 1 as timestamp)
{%- endmacro %}

{# Does a day lie within the last `days` days up to a snapshot, its own day included? #}
{% macro is_within_days(day, snapshot_on, days) -%}
    {{ day }} <= {{ snapshot_on }} and {{ day }} > {{ snapshot_on }} - cast({{ days }} as integer)
{%- endmacro %}

{# Is a sum that is known from one snapshot on (and replaced by a later one, or by none) the one that holds at a snapshot? #}
{% macro is_known_between(snapshot_on, counted_on, next_counted_on) -%}
    {{ snapshot_on }} >= {{ counted_on }}
    and ({{ next_counted_on }} is null or {{ snapshot_on }} < {{ next_counted_on }})
{%- endmacro %}
