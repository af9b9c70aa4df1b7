{# A condition is true in every row. Prints the keys of the rows in which it is false or NULL. #}
{% test holds(model, condition, keys) %}
select {{ keys | join(', ') }}
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
