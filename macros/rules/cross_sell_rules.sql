{# The group of a shopper, by number of counted orders: people who already bought look at other
   things. #}
{% macro customer_group(order_count) -%}
    case
        when coalesce({{ order_count }}, 0) = 0 then 'no_orders'
        when {{ order_count }} = 1 then 'one_order'
        else 'repeat'
    end
{%- endmacro %}

{# What makes a shopper one of an anchor product's: added to the cart, or bought
   (cross_sell_anchor_event). #}
{% macro is_anchored(add_to_cart_count, order_count) -%}
    {%- if var('cross_sell_anchor_event') not in ['add_to_cart', 'order_placed'] -%}
    {{ exceptions.raise_compiler_error(
        "cross_sell_anchor_event is '" ~ var('cross_sell_anchor_event') ~ "'. Fix: add_to_cart or order_placed."
    ) }}
    {%- endif -%}
    {%- if var('cross_sell_anchor_event') == 'order_placed' -%}
    {{ order_count }} > 0
    {%- else -%}
    {{ add_to_cart_count }} > 0
    {%- endif -%}
{%- endmacro %}

{# Taken, of a row that has all that one shopper did with one product: added or bought, over all time. One row each, so nothing has
   to be looked up: no anti join. #}
{% macro is_taken(add_to_cart_count, order_count) -%}
    ({{ add_to_cart_count }} > 0 or {{ order_count }} > 0)
{%- endmacro %}

{# An observed count against the expected one, with `affinity_shrinkage` orders of "as expected"
   mixed into both: a pair seen five times where one was expected is no five-fold lift yet. #}
{% macro shrunk_lift(observed_count, expected_count) -%}
    ({{ observed_count }} + {{ var('affinity_shrinkage') }})
    / ({{ expected_count }} + {{ var('affinity_shrinkage') }})
{%- endmacro %}
