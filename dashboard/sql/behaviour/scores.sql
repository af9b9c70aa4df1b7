-- Customers by band of the engagement score (tenths; 1 belongs to the last) and by band of their number of sessions.
with banded as (
    select
        least(floor(engagement_score * 10)::bigint, 9) as score_band_number,
        case
            when session_count = 0 then 0
            when session_count = 1 then 1
            when session_count <= 3 then 2
            when session_count <= 7 then 3
            when session_count <= 15 then 4
            when session_count <= 31 then 5
            else 6
        end as session_band_number
    from marts.customer_360
    where engagement_score is not null and session_count is not null
)

select
    score_band_number,
    session_band_number,
    score_band_number / 10 as score_from,
    (score_band_number + 1) / 10 as score_to,
    list_value('0', '1', '2–3', '4–7', '8–15', '16–31', '32+')[session_band_number + 1] as session_band,
    count(*) as customer_count
from banded
group by score_band_number, session_band_number
order by score_band_number desc, session_band_number asc
