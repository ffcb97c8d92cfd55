with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type = 'SalesOrd'
),

-- On a sale the main line is the receivable, positive; the lines of what is sold are negative. The
-- goods are what remains of the receivable, so that lines that do not add up to it are seen.
totals as (
    select
        transaction_id,
        max(case when is_main_line then foreign_amount end) as total_amount,
        -sum(case when is_tax_line then foreign_amount else 0 end) as tax_amount,
        -sum(case when item_type = 'ShipItem' then foreign_amount else 0 end) as freight_amount
    from (
        {{ current_rows(source('netsuite', 'transaction_line'), ['transaction_id', 'line_id']) }}
    ) as lines
    group by transaction_id
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

select
    'netsuite' as source_system,
    transactions.id as order_id,
    transactions.entity_id as account_id,
    cast(null as varchar) as owner_id,
    transactions.crm_opportunity_id as opportunity_id,
    transactions.transaction_on as ordered_on,
    currencies.symbol as currency,
    totals.total_amount - totals.tax_amount - totals.freight_amount as subtotal_amount,
    totals.tax_amount,
    totals.freight_amount,
    totals.total_amount,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join totals on transactions.id = totals.transaction_id
left join currencies on transactions.currency_id = currencies.id
