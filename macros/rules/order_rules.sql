{# Does an order count as a sale? By its status, and nothing else. #}
{% macro is_counted_order(status) -%}
    coalesce({{ status }} in ('{{ var("counted_order_statuses") | join("', '") }}'), false)
{%- endmacro %}

{# When a sale was undone. Only a cancellation or a return undoes one, and only where its time is known; what counts by its status
   stands. #}
{% macro counted_until(status, canceled_at, returned_at) -%}
    case
        when {{ is_counted_order(status) }} then null
        when {{ status }} = 'canceled' then {{ canceled_at }}
        when {{ status }} = 'returned' then {{ returned_at }}
    end
{%- endmacro %}

{# Since when an order was a sale. An order that was undone nobody knows when has its final status from the beginning. #}
{% macro counted_from(status, ordered_at, canceled_at, returned_at) -%}
    case
        when {{ is_counted_order(status) }} or {{ counted_until(status, canceled_at, returned_at) }} is not null
            then {{ ordered_at }}
    end
{%- endmacro %}

{# Was the order a sale, by what was known at `moment` (exclusive)? #}
{% macro is_counted_at(orders, moment) -%}
    {{ orders }}.counted_from < {{ moment }}
    and ({{ orders }}.counted_until is null or {{ orders }}.counted_until >= {{ moment }})
{%- endmacro %}

{# Had the order been canceled or returned (`status`), by what was known at `moment`? Undated ones count from the order's time. #}
{% macro is_undone_at(orders, status, undone_at, moment) -%}
    {{ orders }}.status = '{{ status }}'
    and coalesce({{ orders }}.{{ undone_at }}, {{ orders }}.ordered_at) < {{ moment }}
{%- endmacro %}

{# The state of an order by what was known at `moment`: before it was undone it had been placed, that much is known. #}
{% macro status_at(orders, moment) -%}
    case
        when {{ orders }}.status = 'returned' and not ({{ is_undone_at(orders, 'returned', 'returned_at', moment) }}) then 'placed'
        when {{ orders }}.status = 'canceled' and not ({{ is_undone_at(orders, 'canceled', 'canceled_at', moment) }}) then 'placed'
        else {{ orders }}.status
    end
{%- endmacro %}

{# How late an order came, as a band. A source that promises no date has no_estimate. #}
{% macro delay_band(delivered_at, delay_days) -%}
    case
        when {{ delivered_at }} is null then 'not_delivered'
        when {{ delay_days }} is null then 'no_estimate'
        when {{ delay_days }} <= -8 then 'early_8_or_more'
        when {{ delay_days }} <= -1 then 'early_1_to_7'
        when {{ delay_days }} = 0 then 'on_the_day'
        when {{ delay_days }} <= 3 then 'late_1_to_3'
        when {{ delay_days }} <= 7 then 'late_4_to_7'
        else 'late_8_or_more'
    end
{%- endmacro %}

{# Until when a next order counts as coming back, inclusive. #}
{% macro repeat_horizon_end(ordered_at) -%}
    {{ ordered_at }} + interval {{ whole_variable('repeat_horizon_days') }} day
{%- endmacro %}
