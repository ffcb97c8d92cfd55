{#-
    Every amount, converted at the highest plan rate of its currency, leaves room to be added up: it is
    less than 10,000,000,000,000 of the company's currency. A missing amount fits; a currency
    without a rate is another check's.
-#}
{% test amounts_fit(model, amounts, rates, currency='currency') %}
with highest_rates as (
    select
        currency,
        max(plan_rate) as plan_rate
    from {{ rates }}
    group by currency
)

select sized.*
from {{ model }} as sized
left join highest_rates on sized.{{ currency }} = highest_rates.currency
where
    {%- for amount in amounts %}
    {{ 'or ' if not loop.first }}abs(cast(sized.{{ amount }} as double))
    * coalesce(cast(highest_rates.plan_rate as double), 1) >= 1e13
    {%- endfor %}
{% endtest %}
