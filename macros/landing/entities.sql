{# The conformed entities of the source that var('source_system') names. This is the one door between sources and analyses:
   no other macro or model below staging knows where rows come from. #}
{% macro source_entity(entity) -%}
    {{ return(ref(var('source_system') ~ '__' ~ entity)) }}
{%- endmacro %}

{# An entity that a source lacks: no rows, in the columns and types of this model's YAML. #}
{% macro empty_entity() -%}
    select
        {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}

{# The entities whose rows are ranked into fates by row_fates(); events have models of their own, lookups no versions. #}
{% macro fated_entities() -%}
    {{ return(['customers', 'products', 'orders', 'order_items', 'payments', 'reviews', 'sellers']) }}
{%- endmacro %}
