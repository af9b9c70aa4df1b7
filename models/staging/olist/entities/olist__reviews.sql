-- Olist's reviews as the reviews entity. Olist gives one review_id to several orders: the order is part of the key.
select
    review_id || '-' || order_id as review_id,
    order_id,
    score,
    reviewed_at,
    cast('reviews' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_olist__reviews') }}
