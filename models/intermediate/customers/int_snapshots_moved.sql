-- The days by which this batch moves the as-of date. Grain: one row per batch (several while runs do not finish), none in a first load.
-- From moved_from on, snapshots of all customers are made anew, and whatever is dated between moved_from and moved_to may be known now
-- and was not before. Data from before the first day so far move everything: there are snapshots then that were not there.
{{ config(materialized='incremental', incremental_strategy='accumulate') }}
{%- set loaded = loaded_files_at_hand() %}

with

batches as (
    select distinct batch_number from {{ ref('new_files') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

{% if loaded -%}
-- What the last finished batch led to.
as_of_dates_before as (
    select distinct
        first_date,
        as_of_date
    from {{ loaded }}
    where batch_number = (select max(latest.batch_number) from {{ loaded }} as latest)
),
{%- else -%}
as_of_dates_before as (
    select
        first_date,
        as_of_date
    from as_of_dates
    where false
),
{%- endif %}

final as (
    select
        batches.batch_number,
        as_of_dates.first_date is distinct from as_of_dates_before.first_date as is_everything,
        case
            when as_of_dates.first_date is distinct from as_of_dates_before.first_date
                then least(as_of_dates.first_date, as_of_dates_before.first_date)
            else least(as_of_dates.as_of_date, as_of_dates_before.as_of_date)
        end as moved_from,
        greatest(as_of_dates.as_of_date, as_of_dates_before.as_of_date) as moved_to
    from batches
    cross join as_of_dates
    cross join as_of_dates_before
)

select * from final
