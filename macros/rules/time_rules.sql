{# The last moment that a build knows, exclusive: the end of the as-of day. A subquery of one row. #}
{% macro as_of_moment() -%}
    (select as_of.as_of_moment from {{ ref('int_as_of_dates') }} as as_of)
{%- endmacro %}

{% macro as_of_date() -%}
    (select as_of.as_of_date from {{ ref('int_as_of_dates') }} as as_of)
{%- endmacro %}

{# A funnel entered at `entered_at` must be through by then, inclusive. #}
{% macro conversion_window_end(entered_at) -%}
    {{ entered_at }} + interval {{ whole_variable('conversion_window_hours') }} hour
{%- endmacro %}

{# Has the window of a funnel entered at `entered_at` passed by the as-of moment? #}
{% macro is_mature(entered_at) -%}
    {{ conversion_window_end(entered_at) }} <= {{ as_of_moment() }}
{%- endmacro %}

{# A variable that has to be a whole number above 0: half an hour would be cut to nothing in silence. #}
{% macro whole_variable(name) -%}
    {%- set value = var(name) -%}
    {%- if value | string != value | int | string or value | int < 1 -%}
        {{ exceptions.raise_compiler_error(name ~ " is '" ~ value ~ "'. Fix: give a whole number above 0.") }}
    {%- endif -%}
    {{ return(value | int) }}
{%- endmacro %}

{# Seconds of a variable as whole microseconds: 1.5 is 1500000. #}
{% macro microseconds(seconds) -%}
    {{ return((seconds * 1000000) | round | int) }}
{%- endmacro %}

{# The day on which a row arrived; NULL for sources whose files carry none (their landed_on is 1970-01-01). #}
{% macro known_landing_day(landed_on) -%}
    nullif({{ landed_on }}, date '1970-01-01')
{%- endmacro %}

{# The day on which an event is counted: of its arrival, or its own where the source tells none. #}
{% macro measured_day(landed_on, event_at) -%}
    coalesce({{ known_landing_day(landed_on) }}, cast({{ event_at }} as date))
{%- endmacro %}

{# The first day of the month before a day's month. #}
{% macro month_before(day) -%}
    cast(date_trunc('month', {{ day }}) - interval 1 month as date)
{%- endmacro %}
