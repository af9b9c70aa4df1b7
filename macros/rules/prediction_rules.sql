{# The end of what lies `days` days after a snapshot, inclusive: labels look at (snapshot, horizon]. #}
{% macro horizon_end(snapshot_on, variable) -%}
    {{ snapshot_on }} + cast({{ whole_variable(variable) }} as integer)
{%- endmacro %}

{# Has a horizon passed by the as-of date, so that what happened in it is known? #}
{% macro is_horizon_known(snapshot_on, variable) -%}
    {{ horizon_end(snapshot_on, variable) }} <= {{ as_of_date() }}
{%- endmacro %}

{# Is a sale within (snapshot, horizon], by what was known at the horizon's end? What is undone later still counted then. #}
{% macro is_sold_within(orders, snapshot_on, variable) -%}
    cast({{ orders }}.ordered_at as date) > {{ snapshot_on }}
    and cast({{ orders }}.ordered_at as date) <= {{ horizon_end(snapshot_on, variable) }}
    and {{ is_counted_at(orders, snapshot_moment('(' ~ horizon_end(snapshot_on, variable) ~ ')')) }}
{%- endmacro %}

{# Who can churn: whoever ordered within the lookback before the snapshot. #}
{% macro can_churn(recency_days) -%}
    coalesce({{ recency_days }} < {{ whole_variable('churn_lookback_days') }}, false)
{%- endmacro %}

{# The snapshots that models look at: the newest ones, for habits of years ago teach little and cost much. #}
{% macro is_looked_at(snapshot_number, newest) -%}
    {{ snapshot_number }} > {{ newest }} - {{ whole_variable('prediction_snapshots') }}
{%- endmacro %}

{# The name of the variable with the longest horizon. #}
{% macro longest_horizon() -%}
    {%- set days = namespace(most=0, name='') -%}
    {%- for name in ['churn_horizon_days', 'high_value_horizon_days', 'next_purchase_days', 'lifetime_test_days'] if whole_variable(name) > days.most -%}
        {%- set days.most = whole_variable(name) -%}
        {%- set days.name = name -%}
    {%- endfor -%}
    {{ return(days.name) }}
{%- endmacro %}

{# How many more would have been usual since the last one: the days since it, times the own rate up to it. `added_days` keep one
   who came twice in a day from having missed hundreds. #}
{% macro missed_count(how_many, first_on, last_on, snapshot_on, added_days) -%}
    (cast({{ how_many }} as double) * {{ days_between(last_on, snapshot_on) }} / ({{ days_between(first_on, last_on) }} + {{ added_days }}))
{%- endmacro %}

{# One in `prior_days` is added to what was counted in `days`: the rate of somebody of whom little is known is nearly everybody's. #}
{% macro habitual_rate(how_many, days, prior_days) -%}
    (cast({{ how_many }} + 1 as double) / ({{ days }} + {{ prior_days }}))
{%- endmacro %}

{# How likely an order within the churn's horizon is, if habits stay: of one who came at `visit_rate` a day, ordered on the share
   `order_share` of visits, and was last seen `idle_days` ago. One leaves for good after `usual_lifetime_days` on average: first whether
   that has happened (Schmittlein, Morrison and Colombo, "Counting Your Customers", Management Science 33 (1987), with known rates), then
   whether an order comes before it does. #}
{% macro habitual_order_probability(visit_rate, order_share, idle_days) -%}
    {%- set hazard = 1 / whole_variable('usual_lifetime_days') -%}
    {%- set order_rate = '(' ~ visit_rate ~ ' * ' ~ order_share ~ ')' -%}
    (
        1 / (
            1 + {{ hazard }} / ({{ visit_rate }} + {{ hazard }})
            * (exp(least(({{ visit_rate }} + {{ hazard }}) * {{ idle_days }}, 50)) - 1)
        )
        * {{ order_rate }} / ({{ order_rate }} + {{ hazard }})
        * (1 - exp(-({{ order_rate }} + {{ hazard }}) * {{ whole_variable('churn_horizon_days') }}))
    )
{%- endmacro %}
