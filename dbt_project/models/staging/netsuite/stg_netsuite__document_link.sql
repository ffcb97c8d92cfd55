{%- set lines = current_rows(
    source('netsuite', 'transaction_line'), ['transaction_id', 'line_id']
) -%}
with transactions as (select * from {{ source('netsuite', 'transaction') }}),

line_facts as (
    select
        transaction_id,
        max(created_from_id) as created_from_id,
        min(unknown_item_type) as unknown_item_type
    from ({{ netsuite_lines('(' ~ lines ~ ')') }}) as known
    group by transaction_id
)

select
    'netsuite' as source_system,
    transactions.id as document_id,
    case when transactions.type in ('CustInvc', 'CashSale') then 'invoice' end as document_type,
    line_facts.created_from_id as made_from_id,
    transactions.crm_opportunity_id as opportunity_id,
    -- Only of documents whose lines count.
    case
        when transactions.type in ('SalesOrd', 'CustInvc', 'CashSale', 'CustCred', 'CashRfnd')
            then line_facts.unknown_item_type
    end as unknown_line_type,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join line_facts on transactions.id = line_facts.transaction_id
