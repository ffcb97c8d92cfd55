with rates as (select * from {{ source('netsuite', 'consolidated_exchange_rate') }}),

periods as (
    {{ current_rows(source('netsuite', 'accounting_period'), ['id']) }}
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

select
    'netsuite' as source_system,
    from_currencies.symbol as currency,
    'average' as rate_type,
    periods.starts_on as valid_from,
    {{ add_days('periods.ends_on', 1) }} as valid_to,
    1 / nullif(rates.average_rate, 0) as units_per_base,
    to_currencies.symbol as base_currency,
    rates._recorded_at as recorded_at,
    rates._extracted_at as extracted_at,
    rates._op as op,
    rates._batch_id as batch_id,
    rates._file as source_file,
    rates._line as source_line
from rates
left join periods on rates.posting_period_id = periods.id
left join currencies as from_currencies on rates.from_currency_id = from_currencies.id
left join currencies as to_currencies on rates.to_currency_id = to_currencies.id
