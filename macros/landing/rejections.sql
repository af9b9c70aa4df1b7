{# Why a row is refused: the names, comma-separated, of the rules in this model's YAML (config.meta.rejection_rules) that it
   breaks; '' for a good row. Rules are row-local: nothing that another row or a later file could change.
   A rule with `alone: true` is the only reason of the rows that it hits (the other fields of such a row mean nothing). #}
{% macro rejection_reasons() -%}
    {%- set rules = model.config.meta.get('rejection_rules', []) -%}
    {%- set alone = rules | selectattr('alone', 'defined') | list -%}
    {%- if not rules -%}
    ''
    {%- else -%}
    case
        {%- for rule in alone %}
        when {{ rejection_condition(rule) }} then '{{ rule.name }}'
        {%- endfor %}
        {%- if not alone %}
        when false then ''
        {%- endif %}
        else concat_ws(
            ','
            {%- for rule in rules if rule not in alone %},
            case when {{ rejection_condition(rule) }} then '{{ rule.name }}' end
            {%- endfor %}
        )
    end
    {%- endif -%}
{%- endmacro %}

{# A refused row whole, as JSON; NULL for a good one, so that nothing is spent on it. #}
{% macro raw_row(row='_row', line=none) -%}
    case
        when _rejection_reasons = '' then null
        else {% if line %}coalesce({{ line }}, {{ struct_as_json(row) }}){% else %}{{ struct_as_json(row) }}{% endif %}
    end
{%- endmacro %}
