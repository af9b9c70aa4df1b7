{# Which of several things somebody did most often; of equally frequent ones the first by name. An aggregate over one row per thing
   with its count. #}
{% macro favourite(name, count) -%}
    min_by({{ name }}, (-{{ count }}, {{ name }}))
{%- endmacro %}

{# How much somebody cares for a category: looked at, put into the cart and bought weigh alike, each time anew. #}
{% macro category_interest(view_count, add_to_cart_count, order_line_count) -%}
    {{ view_count }} + {{ add_to_cart_count }} + {{ order_line_count }}
{%- endmacro %}
