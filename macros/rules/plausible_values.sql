{# What a rejection rule may call :name in a model's YAML: bounds beyond which a value is a mistake, each a variable. #}
{% macro plausible_bounds() -%}
    {{ return({
        ':earliest_plausible_at': "cast('" ~ var('earliest_plausible_at') ~ "' as timestamp)",
        ':latest_plausible_at': "cast('" ~ var('latest_plausible_at') ~ "' as timestamp)",
        ':largest_plausible_amount': var('largest_plausible_amount') | string,
        ':largest_plausible_quantity': var('largest_plausible_quantity') | string,
    }) }}
{%- endmacro %}

{# A rule's condition with the bounds that it names filled in. #}
{% macro rejection_condition(rule) -%}
    {%- set condition = namespace(text=rule.when) -%}
    {%- for name, bound in plausible_bounds().items() -%}
        {%- set condition.text = condition.text | replace(name, bound) -%}
    {%- endfor -%}
    {{ return(condition.text) }}
{%- endmacro %}
