with invoices as (select * from {{ source('stripe', 'invoice') }})

select
    'stripe' as source_system,
    id as invoice_id,
    customer_id as account_id,
    cast(null as varchar) as opportunity_id,
    {{ local_date('coalesce(created_at, period_end_at)') }} as invoiced_on,
    {{ local_date('due_at') }} as due_on,
    cast(null as date) as paid_on,
    {{ from_minor_units('total', 'currency') }} as invoice_amount,
    upper(currency) as currency,
    status,
    {{ lineage() }}
from invoices
