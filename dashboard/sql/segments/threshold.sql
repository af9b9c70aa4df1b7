-- The revenue above which a customer is high value; no row without customers.
select any_value(high_value_threshold_amount) as high_value_threshold_amount
from marts.customer_value_labels
having count(*) > 0
