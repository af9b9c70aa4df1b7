{# One spelling per category: lower case, '&' is 'and', anything else that is no letter or digit becomes one '_'. #}
{% macro normalized_category(category) -%}
    nullif(
        trim(both '_' from {{ regexp_replace_all("replace(lower(trim(" ~ category ~ ")), '&', 'and')", '[^\\p{L}0-9]+', '_') }}),
        ''
    )
{%- endmacro %}

{# Text with its blanks trimmed; an empty text is a missing one. #}
{% macro clean_text(column) -%}
    nullif(trim(cast({{ column }} as {{ dbt.type_string() }})), '')
{%- endmacro %}

{# Who is shopping: the customer behind the device, or the device while nobody is known. #}
{% macro shopper_id(customer_id, visitor_id) -%}
    coalesce({{ customer_id }}, {{ visitor_id }})
{%- endmacro %}

{# A key made of a row's content, for sources that give none. The separator and the sign for NULL are escaped in the text, so that
   no two different rows are written alike. #}
{% macro content_hash(columns) -%}
    md5(concat_ws(
        '|'
        {%- for column in columns %},
        coalesce(replace(replace(cast({{ column }} as {{ dbt.type_string() }}), '~', '~0'), '|', '~1'), '~2')
        {%- endfor %}
    ))
{%- endmacro %}
