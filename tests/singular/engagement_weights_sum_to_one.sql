-- Guards against scores that cannot reach 1, or exceed it: weights that sum to something else are refused, and nothing is scored.
-- Fix: let the weights of seeds/engagement_weights.csv (recency, frequency, monetary) sum to exactly 1.
select
    sum(weight) as weight_sum,
    count(*) as part_count
from {{ ref('engagement_weights') }}
having
    coalesce(sum(weight), 0) <> 1
    or count(weight) <> 3
