-- Which share of what was to be found lies in the first tenths of the test customers, as the chosen model or a baseline ranks them.
select
    candidate,
    role,
    bin,
    max(metric_value) filter (where metric = 'gain') as gain,
    max(metric_value) filter (where metric = 'lift') as lift
from marts.model_metrics
where
    prediction = $prediction
    and split = 'test'
    and role in ('chosen', 'baseline')
    and metric in ('gain', 'lift')
    and bin is not null
group by candidate, role, bin
order by case role when 'chosen' then 1 else 2 end, candidate asc, bin asc
