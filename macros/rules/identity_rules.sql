{# Joins the owner of a device at a moment: `visitors` is int_visitors_identified, and visitors.customer_id the owner; NULL while
   nobody ever logged in there. #}
{% macro join_owner(relation, happened_at) -%}
    left join visitors
        on
            {{ relation }}.visitor_id = visitors.visitor_id
            and {{ relation }}.{{ happened_at }} >= visitors.valid_from
            and {{ relation }}.{{ happened_at }} < visitors.valid_to
{%- endmacro %}

{# The day from which on it is known whose something on a device is: its own, or that of the login that told it. After join_owner. #}
{% macro known_on(happened_at) -%}
    cast(greatest({{ happened_at }}, visitors.identified_at) as date)
{%- endmacro %}

{# Intervals of owners from the CTE `identified`: events (visitor_id, customer_id, event_at, event_id) of somebody logged in. The last
   CTE is `owner_intervals`. A device belongs to whoever was last seen logged in there, until somebody else is; what came before
   the first login belongs to that first customer. At equal timestamps the later event by id wins. #}
{% macro owner_intervals() -%}
-- Of several customers at the same instant only the last by event_id owns the device from then on.
instants as (
    select
        visitor_id,
        customer_id,
        event_at
    from identified
    qualify row_number() over (partition by visitor_id, event_at order by event_id desc nulls last) = 1
),

changes as (
    select *
    from instants
    qualify
        customer_id is distinct from lag(customer_id) over (partition by visitor_id order by event_at nulls last)
),

owner_intervals as (
    select
        visitor_id,
        customer_id,
        event_at as identified_at,
        case
            when lag(event_at) over (partition by visitor_id order by event_at nulls last) is null then timestamp '1900-01-01 00:00:00'
            else event_at
        end as valid_from,
        coalesce(
            lead(event_at) over (partition by visitor_id order by event_at nulls last),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from changes
)
{%- endmacro %}
