{# The columns of an event, in the order in which redeliveries with one id are compared: the smallest wins. #}
{% macro event_columns() -%}
    {{ return([
        'event_id', 'event_at', 'visitor_id', 'customer_id', 'event_type', 'event_name', 'outcome', 'product_id',
        'quantity', 'amount', 'order_id', 'device_type', 'traffic_channel', 'campaign', 'country', 'payment_method',
        'gateway', 'failure_reason', 'app_version',
    ]) }}
{%- endmacro %}
