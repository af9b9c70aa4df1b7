{# How shoppers behave towards a product or a category, from rows of one shopper each with
   view_count, add_to_cart_count and order_count. Whoever does something twice is one shopper. #}
{% macro shopper_measures() -%}
    cast(sum(view_count) as bigint) as view_count,
        count(*) filter (where view_count > 0) as viewer_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        count(*) filter (where add_to_cart_count > 0) as adder_count,
        count(*) filter (where order_count > 0) as buyer_count,
        count(*) filter (where view_count > 0 and add_to_cart_count > 0) as viewing_adder_count,
        count(*) filter (where add_to_cart_count > 0 and order_count > 0) as buying_adder_count
{%- endmacro %}
