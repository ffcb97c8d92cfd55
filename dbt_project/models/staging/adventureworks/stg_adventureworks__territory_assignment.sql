with assignments as (select * from {{ source('adventureworks', 'sales_territory_history') }}),

territories as (
    {{ current_rows(source('adventureworks', 'sales_territory'), ['territory_id']) }}
)

select
    'adventureworks' as source_system,
    cast(assignments.business_entity_id as varchar) as participant_id,
    cast(assignments.territory_id as varchar) as territory_id,
    territories.name as territory_name,
    territories.territory_group as region,
    assignments.start_date as valid_from,
    -- Delivered with its last day; ranges here end before the day they name.
    {{ add_days('assignments.end_date', 1) }} as valid_to,
    assignments._recorded_at as recorded_at,
    assignments._extracted_at as extracted_at,
    assignments._op as op,
    assignments._batch_id as batch_id,
    assignments._file as source_file,
    assignments._line as source_line
from assignments
left join territories on assignments.territory_id = territories.territory_id
