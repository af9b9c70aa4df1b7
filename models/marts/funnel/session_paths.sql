-- What visitors do first: the ways from one step of a session to the next. Grain: one row per step_number, step_name and
-- next_step_name. Repeats of one kind of event in a row are one step; a session that ends after a step goes on to 'left'.

with

sessions as (
    select * from {{ ref('int_sessions_summarized') }}
),

paths as (
    select
        first_steps,
        count(*) as session_count,
        count(*) filter (where order_count > 0) as converted_session_count
    from sessions
    group by first_steps
),

step_numbers as (
    {%- for number in range(1, kept_steps()) %}
    select {{ number }} as step_number
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

links as (
    select
        step_numbers.step_number,
        split_part(paths.first_steps, ' > ', step_numbers.step_number) as step_name,
        split_part(paths.first_steps, ' > ', step_numbers.step_number + 1) as next_step_name,
        paths.session_count,
        paths.converted_session_count
    from paths
    cross join step_numbers
),

final as (
    select
        cast(step_number as int) as step_number,
        step_name,
        case when next_step_name = '' then 'left' else next_step_name end as next_step_name,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(converted_session_count) as bigint) as converted_session_count
    from links
    where step_name <> ''
    group by step_number, step_name, case when next_step_name = '' then 'left' else next_step_name end
)

select * from final
