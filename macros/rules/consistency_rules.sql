{# Amounts agree when they differ by no more than a cent: sources round. #}
{% macro amounts_differ(amount, other_amount) -%}
    abs({{ amount }} - ({{ other_amount }})) > 0.01
{%- endmacro %}

{# A state that the project does not know: neither one that counts (counted_order_statuses) nor one that is known not to. NULL is none
   that it knows. #}
{% macro is_unknown_order_status(status) -%}
    coalesce({{ status }}, '') not in (
        '{{ var("counted_order_statuses") | join("', '") }}',
        'canceled', 'unavailable', 'returned', 'adjusted', 'unknown'
    )
{%- endmacro %}

{# The checks of consistency_checks, each a CTE there of its name: what is checked, and what is wrong with a row that fails. #}
{% macro consistency_checks() -%}
    {{ return([
        {'name': 'signups_after_last_event', 'subject': 'customers', 'description': 'Signed up after the last event on any of their devices.'},
        {'name': 'orders_after_as_of_date', 'subject': 'orders', 'description': 'Ordered after the day that counts as today.'},
        {'name': 'orders_before_signup', 'subject': 'orders', 'description': 'Ordered before the customer signed up.'},
        {'name': 'inferred_customers', 'subject': 'customers', 'description': 'Referred to, and never landed.'},
        {'name': 'inferred_products', 'subject': 'products', 'description': 'Referred to, and never landed.'},
        {'name': 'inferred_orders', 'subject': 'orders', 'description': 'Referred to, and never landed.'},
        {'name': 'paid_orders_without_items', 'subject': 'orders', 'description': 'Counted as a sale, and nothing was in it.'},
        {'name': 'item_sum_differs_from_order', 'subject': 'orders', 'description': 'The lines add up to something else than the item amount of the order.'},
        {'name': 'order_amount_differs_from_parts', 'subject': 'orders', 'description': 'Items, shipping and discount add up to something else than the order amount.'},
        {'name': 'reviews_before_delivery', 'subject': 'reviews', 'description': 'Written before the order was delivered.'},
        {'name': 'deliveries_before_order', 'subject': 'orders', 'description': 'Delivered before it was ordered.'},
        {'name': 'payments_differ_from_order', 'subject': 'orders', 'description': 'Counted as a sale, and the approved payments add up to something else than the order amount.'},
        {'name': 'orders_of_unknown_status', 'subject': 'orders', 'description': 'In a state that neither counts nor is known not to.'},
    ]) }}
{%- endmacro %}
