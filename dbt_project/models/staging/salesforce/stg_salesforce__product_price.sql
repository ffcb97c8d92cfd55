with entries as (
    {{ current_rows(source('salesforce', 'pricebook_entry'), ['id']) }}
)

select
    'salesforce' as source_system,
    product2_id as product_id,
    currency_iso_code as currency,
    unit_price as list_price,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    {{ lineage() }}
from entries
where is_active
