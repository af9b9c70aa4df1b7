-- Question: how many views, carts, attempts to pay and approved payments do the raw files hold, with no model in between?
-- How to read it: one row per stage, in any order of events. marts.funnel_stage_totals (funnel 'payment') says the same of
-- the accepted rows; it is smaller by what was refused or arrived twice, and counts other raw names of the same event.
-- Run in the project's folder: it reads data/landing, with the app's clicks as JSON lines and the rest as Parquet.
with

clickstream as (
    select event_name
    from read_parquet('data/landing/storefront/clickstream/*/*.parquet', union_by_name = true)

    union all

    select event_name
    from read_json(
        'data/landing/storefront/clickstream/*/*.jsonl',
        format = 'newline_delimited',
        columns = { event_name: 'VARCHAR' },
        ignore_errors = true
    )
),

cart_events as (
    select event_name
    from read_parquet('data/landing/storefront/cart_events/*/*.parquet', union_by_name = true)
),

payment_attempts as (
    select result
    from read_parquet('data/landing/storefront/payment_attempts/*/*.parquet', union_by_name = true)
),

stages as (
    select
        1 as step_number,
        'Viewed a product' as step_name,
        count(*) as event_count
    from clickstream
    where event_name = 'view_item'

    union all

    select
        2 as step_number,
        'Added to cart' as step_name,
        count(*) as event_count
    from cart_events
    where event_name = 'add_to_cart'

    union all

    select
        3 as step_number,
        'Tried to pay' as step_name,
        count(*) as event_count
    from payment_attempts

    union all

    select
        4 as step_number,
        'Payment approved' as step_name,
        count(*) as event_count
    from payment_attempts
    where result = 'approved'
)

select
    step_number,
    step_name,
    event_count,
    round(event_count / first_value(event_count) over (order by step_number asc nulls last), 4) as share_of_first_rate,
    round(event_count / lag(event_count) over (order by step_number asc nulls last), 4) as share_of_previous_rate
from stages
order by step_number asc nulls last;
