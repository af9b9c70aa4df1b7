{# Scores of an order as integers, so that means over orders are exact and weigh every review alike.
   #}
{% macro reviews_per_order() -%}
    select
        order_id,
        sum(score) as score_sum,
        count(score) as review_count
    from {{ ref('int_reviews_deduplicated') }}
    group by order_id
{%- endmacro %}

{# Mean of the days between two timestamps, over the rows that have both: microseconds are summed as
   whole numbers, so the mean is the same in any order of the rows. #}
{% macro mean_days(from_at, to_at) -%}
    {%- set microseconds = epoch_us(to_at) ~ ' - ' ~ epoch_us(from_at) -%}
    cast(sum(cast({{ microseconds }} as decimal(20, 0))) as double)
    / nullif(count({{ microseconds }}), 0)
    / 86400e6
{%- endmacro %}
