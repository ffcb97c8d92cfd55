with charges as (select * from {{ source('stripe', 'charge') }})

select
    'stripe' as source_system,
    id as payment_id,
    customer_id as account_id,
    invoice_id,
    {{ local_date('created_at') }} as paid_on,
    {{ from_minor_units('amount', 'currency') }} as payment_amount,
    upper(currency) as currency,
    status,
    false as is_deleted,
    {{ lineage() }}
from charges
