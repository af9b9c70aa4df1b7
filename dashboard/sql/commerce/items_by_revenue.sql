-- Products or categories ($kind) with the most revenue, over all the data.
with items as (
    select
        'product' as kind,
        product_id as item,
        product_name as item_name,
        category,
        viewer_count,
        adder_count,
        order_count,
        buyer_count,
        quantity,
        revenue_amount,
        margin_amount,
        returned_amount,
        revenue_share_rate
    from marts.product_performance
    where $kind = 'product'
    union all
    select
        'category' as kind,
        category as item,
        category as item_name,
        category,
        viewer_count,
        adder_count,
        order_count,
        buyer_count,
        quantity,
        revenue_amount,
        margin_amount,
        returned_amount,
        revenue_share_rate
    from marts.category_performance
    where $kind = 'category'
)

select
    item,
    item_name,
    category,
    viewer_count,
    adder_count,
    order_count,
    buyer_count,
    quantity,
    revenue_amount,
    margin_amount,
    returned_amount,
    revenue_share_rate
from items
order by revenue_amount desc nulls last, item asc
limit 200
