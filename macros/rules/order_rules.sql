{# Does an order count as a sale? By its status, and nothing else. #}
{% macro is_counted_order(status) -%}
    coalesce({{ status }} in ('{{ var("counted_order_statuses") | join("', '") }}'), false)
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
