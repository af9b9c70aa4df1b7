{# How much somebody cares for a category: looked at, put into the cart and bought weigh alike, each time anew. #}
{% macro category_interest(view_count, add_to_cart_count, order_line_count) -%}
    {{ view_count }} + {{ add_to_cart_count }} + {{ order_line_count }}
{%- endmacro %}
