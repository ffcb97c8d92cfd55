with sellers as (select * from {{ source('adventureworks', 'sales_person') }})

select
    'adventureworks' as source_system,
    cast(business_entity_id as varchar) as participant_id,
    'sales_ytd' as control_name,
    -- A sales year has four quota windows.
    4 as n_periods,
    sales_ytd as control_amount,
    {{ lineage() }}
from sellers
