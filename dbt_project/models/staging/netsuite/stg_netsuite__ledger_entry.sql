with postings as (select * from {{ source('netsuite', 'transaction_accounting_line') }}),

transactions as (
    {{ current_rows(source('netsuite', 'transaction'), ['id']) }}
),

-- Postings are in the currency of the books, which is the base currency.
currencies as (
    select *
    from ({{ current_rows(source('netsuite', 'currency'), ['id']) }}) as known
    where is_base
)

select
    'netsuite' as source_system,
    postings.transaction_id as entry_id,
    postings.accounting_book_id || '-' || postings.line_id as line_id,
    postings.account_id as ledger_account_id,
    transactions.posting_period_id as accounting_period_id,
    transactions.entity_id,
    transactions.type as transaction_type,
    transactions.transaction_on as posted_on,
    coalesce(postings.debit_amount, 0) - coalesce(postings.credit_amount, 0) as amount,
    currencies.symbol as currency,
    postings.is_posting,
    false as is_deleted,
    postings._recorded_at as recorded_at,
    postings._extracted_at as extracted_at,
    postings._op as op,
    postings._batch_id as batch_id,
    postings._file as source_file,
    postings._line as source_line
from postings
left join transactions on postings.transaction_id = transactions.id
left join currencies on 1 = 1
