{# Before a build changes anything: are the files whole and complete, are those that were loaded still what they were, and does
   this database hold this source, made with these settings? Stops with one
   line that names the file, the field and the fix. #}
{% macro check_landing() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set source_system = var('source_system') -%}
        {%- set built = adapter.get_relation(target.database, 'intermediate', 'int_sources_built') -%}
        {%- if built is not none -%}
            {%- set earlier = run_query('select source_system from ' ~ built).columns[0].values() | first -%}
            {%- if earlier and earlier != source_system -%}
                {{ exceptions.raise_compiler_error(
                    "this database holds source_system '" ~ earlier ~ "', not '" ~ source_system
                    ~ "'. Fix: name another file with FOOTFALL_DB, or delete this one."
                ) }}
            {%- endif -%}
        {%- endif -%}
        {%- set problem = landing_problem(source_system, files_in_tables()) or settings_problem() -%}
        {%- if problem -%}{{ exceptions.raise_compiler_error(problem) }}{%- endif -%}
        {{ forget_loaded_files() }}
    {%- endif -%}
{%- endmacro %}
