{# Every value that is not NULL lies between min and max, inclusive (either may be left out). Prints the values outside. #}
{% test in_range(model, column_name, min=none, max=none) %}
select
    {{ column_name }} as value_out_of_range,
    count(*) as row_count
from {{ model }}
where
    {% if min is not none %}{{ column_name }} < {{ min }}{% endif %}
    {%- if min is not none and max is not none %} or {% endif %}
    {%- if max is not none %}{{ column_name }} > {{ max }}{% endif %}
group by {{ column_name }}
{% endtest %}
