{# The conformed entities of the source that var('source_system') names. This is the one door between sources and analyses:
   no other macro or model below staging knows where rows come from. #}
{% macro source_entity(entity) -%}
    {%- if var('source_system') not in known_sources() -%}
        {{ exceptions.raise_compiler_error(
            "source_system '" ~ var('source_system') ~ "' has no adapter. Fix: choose one of "
            ~ known_sources() | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {{ return(ref(var('source_system') ~ '__' ~ entity)) }}
{%- endmacro %}

{# The sources that have a folder of adapters under models/staging. #}
{% macro known_sources() -%}
    {{ return(['storefront', 'olist', 'rees46', 'online_retail']) }}
{%- endmacro %}

{# Sources whose entities are made of landed rows one by one, so that the rows of a new file are all that is new in an entity. The
   others derive entities from many rows: their staging keeps the rows of all files, and entities are made from those. #}
{% macro sources_with_row_by_row_entities() -%}
    {{ return(['storefront']) }}
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

{# The columns of each entity, in order: what every source has to give, and nothing more. A redelivery or another version of
   a row is compared by them in this order. The columns about landing follow: _source_table, _source_file, _landed_on,
   _rejection_reasons, _raw_row. #}
{% macro entity_columns(entity) -%}
    {{ return({
        'customers': [
            'customer_id', 'signed_up_at', 'customer_name', 'email', 'gender', 'birth_year', 'country',
            'region', 'city', 'latitude', 'longitude', 'updated_at',
        ],
        'products': [
            'product_id', 'product_name', 'category', 'brand', 'unit_price', 'unit_cost', 'is_service_line',
            'updated_at',
        ],
        'orders': [
            'order_id', 'customer_id', 'ordered_at', 'status', 'canceled_at', 'returned_at', 'currency',
            'item_amount', 'shipping_amount', 'discount_amount', 'order_amount', 'delivered_at',
            'estimated_delivery_on', 'updated_at',
        ],
        'order_items': [
            'order_item_id', 'order_id', 'product_id', 'seller_id', 'quantity', 'unit_price', 'amount',
            'shipping_amount',
        ],
        'payments': [
            'payment_id', 'order_id', 'customer_id', 'visitor_id', 'attempted_at', 'payment_method', 'gateway',
            'installments', 'amount', 'result', 'failure_reason', 'device_type', 'traffic_channel', 'country',
            'app_version',
        ],
        'reviews': [
            'review_id', 'order_id', 'score', 'reviewed_at',
        ],
        'sellers': [
            'seller_id', 'city', 'region', 'country',
        ],
        'lookups': [
            'lookup_key',
        ],
    }[entity]) }}
{%- endmacro %}
