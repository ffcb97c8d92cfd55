with lines as (select * from {{ source('stripe', 'invoice_line_item') }})

select
    'stripe' as source_system,
    id as line_id,
    invoice_id,
    plan_id as product_value,
    description,
    quantity,
    {{ from_minor_units('amount', 'currency') }} as line_amount,
    upper(currency) as currency,
    {{ local_date('period_start_at') }} as service_start_on,
    {{ local_date('period_end_at') }} as service_end_on,
    false as is_deleted,
    {{ lineage() }}
from lines
