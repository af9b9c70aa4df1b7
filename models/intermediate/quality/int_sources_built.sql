-- Which source this database holds: one and only one. A build of another source into it is refused. Grain: one row.
select '{{ var("source_system") }}' as source_system
