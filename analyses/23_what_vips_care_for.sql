-- Question: which categories do VIPs care for more than everybody does?
-- How to read it: vip_share_rate is the category's share of all that VIPs looked at, put into the cart or bought, and lift compares it
-- with everybody's: 1.3 is a third more. vip_count and interest_count say how much to believe. Replace 'VIP' by another value
-- segment for what those care for.
with

interests as (
    select
        category_affinities.category,
        sum(category_affinities.interest_count) as interest_count,
        coalesce(
            sum(category_affinities.interest_count) filter (where customer_segments.value_segment = 'VIP'), 0
        ) as vip_interest_count,
        count(*) filter (where customer_segments.value_segment = 'VIP') as vip_count
    from marts.category_affinities
    inner join marts.customer_segments on category_affinities.customer_id = customer_segments.customer_id
    group by category_affinities.category
),

shares as (
    select
        *,
        interest_count / nullif(sum(interest_count) over (), 0) as overall_share_rate,
        vip_interest_count / nullif(sum(vip_interest_count) over (), 0) as vip_share_rate
    from interests
)

select
    category,
    vip_count,
    vip_interest_count,
    round(vip_share_rate, 4) as vip_share_rate,
    round(overall_share_rate, 4) as overall_share_rate,
    round(vip_share_rate / overall_share_rate, 2) as lift
from shares
order by lift desc nulls last, category asc nulls last;
