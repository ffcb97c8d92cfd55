with prices as (select * from {{ source('adventureworks', 'product_list_price_history') }})

select
    'adventureworks' as source_system,
    cast(product_id as varchar) as product_id,
    'standard' as price_list_id,
    true as is_standard,
    list_price,
    start_date as valid_from,
    {{ add_days('end_date', 1) }} as valid_to,
    {{ lineage() }}
from prices
