{# The one definition of a customer at risk: ordered before, has waited longer than usual (strictly), and hardly comes by any more.
   A NULL limit (nobody ever ordered twice) puts nobody at risk. #}
{% macro is_at_risk(recency_days, gap_limit_days, session_count_30_days) -%}
    coalesce(
        {{ recency_days }} > {{ gap_limit_days }} and {{ session_count_30_days }} <= {{ var('at_risk_max_sessions') }},
        false
    )
{%- endmacro %}

{# Did the score's percentile fall by declining_drop or more? (rank - 1) / (count - 1) then and now, multiplied out: whole numbers
   do not slip at exactly 0.2. Whoever was not there then is not declining. #}
{% macro is_declining(rank_then, count_then, rank_now, count_now) -%}
    coalesce(
        {{ count_then }} > 1
        and {{ count_now }} > 1
        and cast(({{ rank_then }} - 1) * ({{ count_now }} - 1) - ({{ rank_now }} - 1) * ({{ count_then }} - 1) as decimal(24, 0))
        >= cast({{ var('declining_drop') }} as decimal(5, 4)) * cast(({{ count_then }} - 1) * ({{ count_now }} - 1) as decimal(24, 0)),
        false
    )
{%- endmacro %}

{# Why a customer is at risk, in words for whoever calls them. #}
{% macro at_risk_reasons(is_own_rhythm, session_count_30_days, is_declining) -%}
    concat_ws(
        ', ',
        case when {{ is_own_rhythm }} then 'longer than the own rhythm' else 'longer than the usual rhythm' end,
        case
            when {{ session_count_30_days }} = 0 then 'no session in 30 days'
            when {{ session_count_30_days }} = 1 then 'one session in 30 days'
            else concat(cast({{ session_count_30_days }} as {{ dbt.type_string() }}), ' sessions in 30 days')
        end,
        case when {{ is_declining }} then 'declining engagement' end
    )
{%- endmacro %}

{# Whom to write to first: red for high value and yellow for whoever ordered more than once, both with revenue at risk; green for the rest. #}
{% macro at_risk_priority(is_high_value, order_count, revenue_at_risk_amount) -%}
    case
        when {{ is_high_value }} and {{ revenue_at_risk_amount }} > 0 then 'red'
        when {{ order_count }} > 1 and {{ revenue_at_risk_amount }} > 0 then 'yellow'
        else 'green'
    end
{%- endmacro %}
