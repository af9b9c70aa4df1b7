-- Guards against customers without a segment: all 125 codes 111 to 555 are mapped, each once, and nothing else is.
with

scores as (
    select distinct substr(rfm_code, 1, 1) as score
    from {{ ref('rfm_segments') }}
    where substr(rfm_code, 1, 1) in ('1', '2', '3', '4', '5')
),

codes as (
    select recency.score || frequency.score || monetary.score as rfm_code
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary
),

mapped as (
    select
        rfm_code,
        count(*) as row_count
    from {{ ref('rfm_segments') }}
    group by rfm_code
)

select
    coalesce(codes.rfm_code, mapped.rfm_code) as rfm_code,
    mapped.row_count
from codes
full join mapped on codes.rfm_code = mapped.rfm_code
where
    codes.rfm_code is null
    or mapped.row_count is null
    or mapped.row_count <> 1
    -- Fewer than five different scores would leave out whole rows of codes.
    or (select count(*) from scores) <> 5
