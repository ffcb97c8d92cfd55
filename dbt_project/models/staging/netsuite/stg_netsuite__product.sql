with items as (select * from {{ source('netsuite', 'item') }})

select
    'netsuite' as source_system,
    id as product_id,
    full_name as product_name,
    item_type as product_family,
    _op = 'upsert' as is_active,
    {{ lineage() }}
from items
