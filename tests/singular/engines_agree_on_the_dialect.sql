-- What each macro of macros/dialect must give, on every engine: values that the engines' own functions tell differently. A row is a
-- macro that gives something else.
with

texts as (
    select * from (
        values
        ('2025-01-02 03:04:05', timestamp '2025-01-02 03:04:05'),
        ('2025-01-02T03:04:05Z', timestamp '2025-01-02 03:04:05'),
        ('2025-01-02T03:04:05.123456Z', timestamp '2025-01-02 03:04:05.123456'),
        ('2025-01-02T03:04:05+02:00', timestamp '2025-01-02 01:04:05'),
        ('2025-01-02T03:04:05+0200', timestamp '2025-01-02 01:04:05'),
        ('2025-01-02T03:04:05-05', timestamp '2025-01-02 08:04:05'),
        ('2025-01-02 03:04:05 UTC', timestamp '2025-01-02 03:04:05'),
        ('2025-01-02T03:04', timestamp '2025-01-02 03:04:00'),
        ('2025-01-02', timestamp '2025-01-02 00:00:00'),
        ('2025-1-2 3:4:5', timestamp '2025-01-02 03:04:05'),
        ('2025/01/02', timestamp '2025-01-02 00:00:00'),
        ('9999-12-31 23:59:59', timestamp '9999-12-31 23:59:59'),
        ('2025-02-30', cast(null as timestamp)),
        ('2025-01', cast(null as timestamp)),
        ('2025', cast(null as timestamp)),
        ('10:00', cast(null as timestamp)),
        ('T10:00', cast(null as timestamp)),
        ('2025-01-02 03', cast(null as timestamp)),
        ('20250102', cast(null as timestamp)),
        ('1735786800', cast(null as timestamp)),
        ('infinity', cast(null as timestamp)),
        ('now', cast(null as timestamp)),
        ('soon', cast(null as timestamp)),
        ('', cast(null as timestamp)),
        (cast(null as string), cast(null as timestamp))
    ) as given (written, expected)
),

numbers as (
    select * from (
        values
        ('2', cast(2 as bigint)),
        ('2.0', cast(2 as bigint)),
        (' 7 ', cast(7 as bigint)),
        ('-3', cast(-3 as bigint)),
        ('1e3', cast(1000 as bigint)),
        ('2.5', cast(null as bigint)),
        ('2,5', cast(null as bigint)),
        ('0x1F', cast(null as bigint)),
        ('NaN', cast(null as bigint)),
        ('99999999999999999999', cast(null as bigint)),
        ('', cast(null as bigint))
    ) as given (written, expected)
),

lines as (
    select
        written,
        expected,
        {{ parse_json_object('written', ['a', 'b']) }} as parsed
    from (
        values
        ('{"a": "x", "b": null}', 'x'),
        ('{"b": "y", "a": 1.25}', '1.25'),
        ('{"a": true, "c": 1}', 'true'),
        ('{"c": 1}', cast(null as string)),
        ('{"a": "x"', cast(null as string)),
        ('no json', cast(null as string)),
        (cast(null as string), cast(null as string))
    ) as given (written, expected)
),

waits as (
    select * from (
        values
        (1, 'a'),
        (2, cast(null as string)),
        (3, cast(null as string)),
        (4, 'b')
    ) as given (position_number, letter)
),

carried as (
    select
        position_number,
        {{ last_non_null('letter', 'order by position_number rows between unbounded preceding and current row') }} as last_letter
    from waits
),

twice as {{ not_materialized() }} (
    select 21 as half
),

letters as (
    select * from (
        values
        (2, 'b', 'late'),
        (1, 'b', 'second'),
        (1, 'a', 'first'),
        (1, 'c', 'left out')
    ) as given (at_number, id, word)
),

fields as (
    select
        'x' as a,
        cast(null as string) as b
),

results as (
    select
        'parse_utc: ' || coalesce(written, 'NULL') as rule,
        {{ parse_utc('written') }} is not distinct from expected as holds
    from texts
    union all
    select
        'whole_number: ' || written as rule,
        {{ whole_number('written') }} is not distinct from expected as holds
    from numbers
    union all
    select
        'parse_json_object: ' || coalesce(written, 'NULL') as rule,
        parsed.a is not distinct from expected as holds
    from lines
    union all
    select
        'parse_json_object, malformed: ' || written as rule,
        (parsed is null) = (written in ('no json', '{"a": "x"')) as holds
    from lines
    where written is not null
    union all
    select
        'last_non_null: ' || cast(position_number as string) as rule,
        last_letter = case when position_number = 4 then 'b' else 'a' end as holds
    from carried
    union all
    select
        'not_materialized' as rule,
        first_half.half + second_half.half = 42 as holds
    from twice as first_half
    cross join twice as second_half
    union all
    select
        'struct_as_json' as rule,
        {{ struct_as_json(row_struct(['a', 'b'])) }} = '{"a":"x","b":null}' as holds
    from fields
    union all
    select
        'regexp_replace_all' as rule,
        {{ regexp_replace_all("'a1b22'", '[0-9]+', '#') }} = 'a#b#' as holds
    union all
    select
        'epoch_us' as rule,
        {{ epoch_us("timestamp '1970-01-02 00:00:00.000001'") }} = 86400000001 as holds
    union all
    select
        'epoch_us, before 1970' as rule,
        {{ epoch_us("timestamp '1969-12-31 23:59:59.999999'") }} = -1 as holds
    union all
    select
        'timestamp_from_us' as rule,
        {{ timestamp_from_us('cast(86400000001 as bigint)') }} = timestamp '1970-01-02 00:00:00.000001' as holds
    union all
    select
        'seconds_between' as rule,
        {{ seconds_between("timestamp '2025-01-01 00:00:00'", "timestamp '2025-01-01 00:00:01.5'") }} = cast(1.5 as double) as holds
    union all
    select
        'days_between' as rule,
        {{ days_between("date '2024-02-28'", "date '2024-03-01'") }} = 2 as holds
    union all
    select
        'days_between, backwards' as rule,
        {{ days_between("date '2024-03-01'", "date '2024-02-28'") }} = -2 as holds
    union all
    select
        'iso_weekday, Monday' as rule,
        {{ iso_weekday("date '2025-01-06'") }} = 1 as holds
    union all
    select
        'iso_weekday, Sunday' as rule,
        {{ iso_weekday("date '2025-01-05'") }} = 7 as holds
    union all
    select
        'whole_quotient' as rule,
        {{ whole_quotient('cast(7 as bigint)', '2') }} = 3 as holds
    union all
    select
        'number_series' as rule,
        count(*) = 3 and min(number) = 0 and max(number) = 2 as holds
    from {{ number_series('numbers', 'number', '3') }}
    union all
    select
        'number_series, none' as rule,
        count(*) = 0 as holds
    from {{ number_series('numbers', 'number', '0') }}
    union all
    select
        'percentiles' as rule,
        {{ list_item(percentiles('number', [0.25, 0.5]), 2) }} = cast(1.5 as double) as holds
    from {{ number_series('numbers', 'number', '4') }}
    union all
    select
        'first_in_order' as rule,
        {{ first_in_order('word', 'at_number', 'id', 2, "word <> 'left out'") }} = 'first > second' as holds
    from letters
    union all
    select
        'first_in_order, fewer than asked for' as rule,
        {{ first_in_order('word', 'at_number', 'id', 9, "word <> 'left out'") }} = 'first > second > late' as holds
    from letters
    union all
    select
        'visitor_bucket' as rule,
        {{ visitor_bucket("'somebody'", 8) }} between 0 and 7 as holds
)

select rule from results
where not coalesce(holds, false)
