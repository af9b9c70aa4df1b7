{# The KPI columns of a period, in one order for days and months: counts and amounts as they are,
   then what is derived from them. Rates and the average are NULL where their denominator is 0. The last ones say what bots made of
   it (session_risk); all others include them. #}
{% macro kpi_columns() -%}
    event_count,
        visitor_count,
        session_count,
        identified_customer_count,
        signup_count,
        product_view_count,
        add_to_cart_count,
        checkout_count,
        payment_attempt_count,
        approved_payment_count,
        {{ rate('approved_payment_count', 'payment_attempt_count') }} as approval_rate,
        order_count,
        ordering_customer_count,
        first_order_count,
        revenue_amount,
        quantity,
        {{ mean_amount('revenue_amount', 'order_count') }} as average_order_amount,
        converted_session_count,
        {{ rate('converted_session_count', 'session_count') }} as session_conversion_rate,
        bot_visitor_count,
        bot_session_count,
        bot_event_count,
        {{ rate(
            'converted_session_count - converted_bot_session_count',
            'session_count - bot_session_count'
        ) }} as session_conversion_without_bots_rate
{%- endmacro %}

{# What bots did in a period, from rows of one bot session each: people are counted once. #}
{% macro bot_measures() -%}
    count(distinct visitor_id) as bot_visitor_count,
        count(*) as bot_session_count,
        cast(sum(event_count) as bigint) as bot_event_count,
        count(*) filter (where order_count > 0) as converted_bot_session_count
{%- endmacro %}
