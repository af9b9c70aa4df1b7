{# The dimensions along which payment_failure_drivers cuts the attempts: every one alone, and pairs
   of those with `paired`. The hour of the day is left out of the pairs: it would only make many
   small slices. #}
{% macro driver_dimensions(paired=false) -%}
    {%- set dimensions = [
        'gateway', 'payment_method', 'device_type', 'app_version', 'country', 'hour_of_day',
        'amount_band',
    ] -%}
    {{ return(dimensions | reject('equalto', 'hour_of_day') | list if paired else dimensions) }}
{%- endmacro %}

{# z of the two-proportion test with a pooled rate: how far the slice's rate lies above the rest's;
   NULL when all attempts came out alike (there is nothing to compare). #}
{% macro two_proportion_z(successes, trials, rest_successes, rest_trials) -%}
    {%- set all_successes = 'cast(' ~ successes ~ ' + ' ~ rest_successes ~ ' as double)' -%}
    {%- set pooled = '(' ~ all_successes ~ ' / (' ~ trials ~ ' + ' ~ rest_trials ~ '))' -%}
    ({{ rate(successes, trials) }} - {{ rate(rest_successes, rest_trials) }})
    / nullif(
        sqrt(
            {{ pooled }} * (1 - {{ pooled }})
            * (1 / cast({{ trials }} as double) + 1 / cast({{ rest_trials }} as double))
        ),
        0
    )
{%- endmacro %}

{# Standard error of a slice's excess failures, failed - attempts * rest's rate: both rates are
   uncertain. #}
{% macro excess_standard_error(slice_rate, trials, rest_rate, rest_trials) -%}
    sqrt(
        {{ trials }} * {{ slice_rate }} * (1 - {{ slice_rate }})
        + cast({{ trials }} as double) * {{ trials }}
        * {{ rest_rate }} * (1 - {{ rest_rate }}) / {{ rest_trials }}
    )
{%- endmacro %}

{# How many standard errors a two-sided 95 % interval reaches out. #}
{% macro z_of_95_percent() -%}1.959963984540054{%- endmacro %}

{# What a day's failures say about a run of trouble: failures above what the middle between the slice's rate and the rest's would
   give. Against the rest's rate alone, a run would drift on through ordinary days by chance; against the middle they pull it
   down (the reference value of a CUSUM chart, E. S. Page, Biometrika 41, 1954). Times 2 x slice's x rest's attempts: integers,
   so that sums over days are exact and equally great runs of days are seen as equal. #}
{% macro scaled_excess(
    day_failed_count, day_attempt_count, failed_count, attempt_count, rest_failed_count, rest_attempt_count
) -%}
    2 * cast({{ day_failed_count }} as decimal(38, 0)) * {{ attempt_count }} * {{ rest_attempt_count }}
    - cast({{ day_attempt_count }} as decimal(38, 0))
    * ({{ failed_count }} * {{ rest_attempt_count }} + {{ rest_failed_count }} * {{ attempt_count }})
{%- endmacro %}
