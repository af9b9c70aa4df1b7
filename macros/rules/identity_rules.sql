{# Joins the owner of a device at a moment: `visitors` is int_visitors_identified, and visitors.customer_id the owner; NULL while
   nobody ever logged in there. #}
{% macro join_owner(relation, happened_at) -%}
    left join visitors
        on
            {{ relation }}.visitor_id = visitors.visitor_id
            and {{ relation }}.{{ happened_at }} >= visitors.valid_from
            and {{ relation }}.{{ happened_at }} < visitors.valid_to
{%- endmacro %}
