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

{# A variable that has to be a whole number above 0: half an hour would be cut to nothing in silence. #}
{% macro whole_variable(name) -%}
    {%- set value = var(name) -%}
    {%- if value | string != value | int | string or value | int < 1 -%}
        {{ exceptions.raise_compiler_error(name ~ " is '" ~ value ~ "'. Fix: give a whole number above 0.") }}
    {%- endif -%}
    {{ return(value | int) }}
{%- endmacro %}
