{# The age band of somebody of whom only the year of birth is known: the age reached in the as-of date's year. An age
   below 0 or above 120 is a mistake of the source and as unknown as none. #}
{% macro age_band(birth_year, as_of_date) -%}
    {%- set age = '(cast(extract(year from ' ~ as_of_date ~ ') as integer) - ' ~ birth_year ~ ')' -%}
    case
        when {{ birth_year }} is null or {{ age }} < 0 or {{ age }} > 120 then 'unknown'
        when {{ age }} < 18 then 'under 18'
        when {{ age }} < 25 then '18 to 24'
        when {{ age }} < 35 then '25 to 34'
        when {{ age }} < 45 then '35 to 44'
        when {{ age }} < 55 then '45 to 54'
        when {{ age }} < 65 then '55 to 64'
        else '65 and over'
    end
{%- endmacro %}
