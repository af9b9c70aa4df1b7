{# The columns of an event, in the order in which redeliveries with one id are compared: the smallest wins. #}
{% macro event_columns() -%}
    {{ return([
        'event_id', 'event_at', 'visitor_id', 'customer_id', 'event_type', 'event_name', 'outcome', 'product_id',
        'quantity', 'amount', 'order_id', 'device_type', 'traffic_channel', 'campaign', 'country', 'payment_method',
        'gateway', 'failure_reason', 'app_version',
    ]) }}
{%- endmacro %}

{# How a session counts its events: canonical event_type -> column of int_sessions_summarized. #}
{% macro session_counters() -%}
    {{ return({
        'page_view': 'page_view_count',
        'product_view': 'product_view_count',
        'search': 'search_count',
        'add_to_cart': 'add_to_cart_count',
        'remove_from_cart': 'remove_from_cart_count',
        'checkout_started': 'checkout_count',
        'payment_attempted': 'payment_attempt_count',
        'order_placed': 'order_count',
        'login': 'login_count',
        'signup': 'signup_count',
        'other': 'other_count',
    }) }}
{%- endmacro %}
