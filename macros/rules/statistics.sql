{# Wilson's 95 % score interval of a rate (E. B. Wilson, JASA 22, 1927), NULL without trials.
   `side` is low or high. Unlike the textbook p ± 1.96 se it stays within 0 and 1 and is honest for few trials.
   greatest() and least() skip NULL, so the case without trials is written out. #}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set p = '(' ~ successes ~ ' / ' ~ n ~ ')' -%}
    {%- set half = 'sqrt(' ~ p ~ ' * (1 - ' ~ p ~ ') / ' ~ n ~ ' + ' ~ z * z / 4 ~ ' / (' ~ n ~ ' * ' ~ n ~ '))' -%}
    case
        when {{ trials }} > 0
            {%- if side == 'low' %}
            then greatest(0.0, ({{ p }} + {{ z * z / 2 }} / {{ n }} - {{ z }} * {{ half }}) / (1 + {{ z * z }} / {{ n }}))
            {%- else %}
            then least(1.0, ({{ p }} + {{ z * z / 2 }} / {{ n }} + {{ z }} * {{ half }}) / (1 + {{ z * z }} / {{ n }}))
            {%- endif %}
    end
{%- endmacro %}

{# A rate as a double; NULL where the denominator is 0. #}
{% macro rate(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif({{ denominator }}, 0))
{%- endmacro %}

{# A percentile by continuous interpolation, an aggregate. Rounded, because 0.9 x 10 is 8.999… as a double: a limit of 43 days came
   out as 42.999999999999986, and whoever had waited exactly 43 days was beyond it. #}
{% macro percentile(value, share) -%}
    round(percentile_cont({{ share }}) within group (order by cast({{ value }} as double)), 6)
{%- endmacro %}

{# The same percentile of values that are counted instead of repeated, an aggregate over `value` with rows_so_far (rows with this
   value or a smaller one) and row_count (all rows with a value). #}
{% macro percentile_of_counted(value, share) -%}
    {%- set place = '(' ~ share ~ ' * (row_count - 1))' -%}
    {%- set below = 'min(' ~ value ~ ') filter (where rows_so_far > floor' ~ place ~ ')' -%}
    {%- set above = 'min(' ~ value ~ ') filter (where rows_so_far > ceil' ~ place ~ ')' -%}
    round({{ below }} + ({{ above }} - {{ below }}) * max({{ place }} - floor{{ place }}), 6)
{%- endmacro %}

{# P(Z > z) of a standard normal: half of Numerical Recipes' erfcc (W. Press et al., section 6.2), whose relative error
   is below 1.2e-7 everywhere, tails included. Neither engine has erf. #}
{% macro normal_upper_tail(z) -%}
    {%- set x = '(abs(' ~ z ~ ') / sqrt(2.0))' -%}
    {%- set t = '(1.0 / (1.0 + 0.5 * ' ~ x ~ '))' -%}
    {%- set coefficients = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277] -%}
    {%- set series = namespace(text=coefficients[-1] | string) -%}
    {%- for c in coefficients[:-1] | reverse -%}
        {%- set series.text = '(' ~ c ~ ' + ' ~ t ~ ' * ' ~ series.text ~ ')' -%}
    {%- endfor -%}
    {%- set tail = '(0.5 * ' ~ t ~ ' * exp(-' ~ x ~ ' * ' ~ x ~ ' - 1.26551223 + ' ~ t ~ ' * ' ~ series.text ~ '))' -%}
    case when {{ z }} >= 0 then {{ tail }} else 1.0 - {{ tail }} end
{%- endmacro %}

{# Standard deviation (of all rows, not of a sample) over the mean of whole numbers; NULL without rows or with a mean of 0. In
   integers up to the last step: equal numbers give exactly 0, and the same rows the same result in any order. #}
{% macro coefficient_of_variation(number) -%}
    {%- set total = 'sum(cast(' ~ number ~ ' as decimal(38, 0)))' -%}
    {%- set squares = 'sum(cast(' ~ number ~ ' as decimal(38, 0)) * ' ~ number ~ ')' -%}
    sqrt(cast(count({{ number }}) * {{ squares }} - {{ total }} * {{ total }} as double))
    / nullif(cast({{ total }} as double), 0)
{%- endmacro %}
