{# What is watched for drift. A category is compared by its levels, a number by the tenths of its reference, a score of 0 to 1 by
   the tenths of that range: many customers share a score exactly, and the reference's own tenths would lie on such scores. Then
   everybody on one is in another bin as soon as it moves by a hair. #}
{% macro drift_features() -%}
    {{ return([
        {'name': 'event_type', 'entity': 'events', 'kind': 'category'},
        {'name': 'device_type', 'entity': 'events', 'kind': 'category'},
        {'name': 'traffic_channel', 'entity': 'events', 'kind': 'category'},
        {'name': 'country', 'entity': 'events', 'kind': 'category'},
        {'name': 'amount', 'entity': 'events', 'kind': 'number'},
        {'name': 'engagement_score', 'entity': 'customers', 'kind': 'score'},
        {'name': 'session_count_30_days', 'entity': 'customers', 'kind': 'number'},
    ]) }}
{%- endmacro %}

{# Is a row's feature one of a kind? #}
{% macro is_feature_of_kind(kind) -%}
    feature in ('{{ drift_features() | selectattr('kind', 'equalto', kind) | map(attribute='name') | join("', '") }}')
{%- endmacro %}

{# The bin of a level: NULL is one of its own. The sign keeps a level that is called 'null' apart. #}
{% macro level_bin(level) -%}
    coalesce('=' || {{ level }}, 'null')
{%- endmacro %}

{# The tenths (p10 … p90) and the ends of a feature in a period, an aggregate over int_features_counted's values_in_order; those of a
   score are fixed. #}
{% macro number_bounds() -%}
    {%- set scores = is_feature_of_kind('score') -%}
    {%- for tenth in range(1, 10) %}
        case when {{ scores }} then 0.{{ tenth }} else {{ percentile_of_counted('number_value', '0.' ~ tenth) }} end as p{{ tenth }}0,
    {%- endfor %}
        case when {{ scores }} then 0.0 else min(number_value) end as min_value,
        case when {{ scores }} then 1.0 else max(number_value) end as max_value
{%- endmacro %}

{# The bin of a number by the edges of its reference (p10 … p90, min and max of `bounds`): how many edges lie below it; NULL is a bin of
   its own, and whatever lies outside the reference's range is 'unseen'. Equal edges make empty bins, which nobody sees. #}
{% macro number_bin(value, bounds) -%}
    case
        when {{ value }} is null then 'null'
        when {{ value }} between {{ bounds }}.min_value and {{ bounds }}.max_value
            then cast(
                {%- for tenth in range(1, 10) %}
                case when {{ bounds }}.p{{ tenth }}0 < {{ value }} then 1 else 0 end{{ ' +' if not loop.last }}
                {%- endfor %}
                as {{ dbt.type_string() }}
            )
        else 'unseen'
    end
{%- endmacro %}

{# A bin's share of all rows. Half a row is added to each bin, so that none is empty and the logarithm exists. #}
{% macro smoothed_share(bin_row_count, row_count, bin_count) -%}
    ((cast({{ bin_row_count }} as double) + 0.5) / ({{ row_count }} + 0.5 * {{ bin_count }}))
{%- endmacro %}

{# A bin's part of the population stability index: sum (p - q) * ln(p / q). As a decimal, so that the sum is the same in any order. #}
{% macro psi_part(share, reference_share) -%}
    cast(({{ share }} - {{ reference_share }}) * ln({{ share }} / {{ reference_share }}) as decimal(38, 18))
{%- endmacro %}

{# What the index comes to by chance alone when nothing has changed: few rows look like drift. #}
{% macro expected_psi(bin_count, row_count, reference_row_count) -%}
    ({{ bin_count }} - 1) * (1 / cast({{ row_count }} as double) + 1 / cast({{ reference_row_count }} as double))
{%- endmacro %}

{# Few rows say little about a distribution. #}
{% macro has_enough_rows(row_count, reference_row_count) -%}
    {{ row_count }} >= {{ whole_variable('drift_min_rows') }}
        and {{ reference_row_count }} >= {{ whole_variable('drift_min_rows') }}
{%- endmacro %}
