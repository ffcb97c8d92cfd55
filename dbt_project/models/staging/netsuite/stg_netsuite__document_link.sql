with transactions as (select * from {{ source('netsuite', 'transaction') }}),

lines as (
    {{ current_rows(source('netsuite', 'transaction_line'), ['transaction_id', 'line_id']) }}
),

origins as (
    select
        transaction_id,
        max(created_from_id) as created_from_id
    from lines
    group by transaction_id
)

select
    'netsuite' as source_system,
    transactions.id as document_id,
    case when transactions.type in ('CustInvc', 'CashSale') then 'invoice' end as document_type,
    origins.created_from_id as made_from_id,
    transactions.crm_opportunity_id as opportunity_id,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join origins on transactions.id = origins.transaction_id
