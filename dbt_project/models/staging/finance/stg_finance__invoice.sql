with invoices as (select * from {{ source('finance', 'invoice') }})

select
    'finance' as source_system,
    invoice_id,
    account_id,
    opportunity_id,
    invoiced_on,
    due_on,
    paid_on,
    amount as invoice_amount,
    coalesce(tax_amount, 0) as tax_amount,
    coalesce(freight_amount, 0) as freight_amount,
    currency,
    status,
    {{ lineage() }}
from invoices
