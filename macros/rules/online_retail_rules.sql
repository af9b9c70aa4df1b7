{# Is an Online Retail stock code no product? Products begin with five digits or with DCGS (Dotcom Giftshop's own); everything
   else is a service: POST, DOT, C2, M, D, S, B, BANK CHARGES, AMAZONFEE, CRUK, PADS, gift vouchers. #}
{% macro is_service_line(stock_code) -%}
    regexp_extract(upper({{ stock_code }}), '^([0-9]{5}|DCGS)', 0) = ''
{%- endmacro %}

{# The state of an invoice. C in front cancels. An invoice that corrects the books (A in front: bad debt) or the stock (no line
   was sold for money) is no sale: 'adjusted' is not among the counted_order_statuses. An aggregate over the invoice's lines. #}
{% macro invoice_status(invoice, quantity, unit_price) -%}
    case
        when upper(left({{ invoice }}, 1)) = 'C' then 'returned'
        when upper(left({{ invoice }}, 1)) = 'A' then 'adjusted'
        when count(case when {{ quantity }} > 0 and {{ unit_price }} > 0 then 1 end) = 0 then 'adjusted'
        else 'paid'
    end
{%- endmacro %}
