-- Which source this database holds, one and only one, and with which settings its rows were made: a build with another source or
-- with other settings into it is refused. Grain: one row.
select
    '{{ var("source_system") }}' as source_system,
    '{{ tojson(settings_of_increments()) | replace("'", "''") }}' as settings
