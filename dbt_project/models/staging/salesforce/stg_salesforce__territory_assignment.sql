with assignments as (
    select *
    from {{ source('salesforce', 'user_territory2_association') }}
    where coalesce(is_active, true)
),

territories as (
    {{ current_rows(source('salesforce', 'territory2'), ['id']) }}
)

select
    'salesforce' as source_system,
    assignments.user_id as participant_id,
    assignments.territory2_id as territory_id,
    territories.name as territory_name,
    parents.name as region,
    {{ local_date('assignments._recorded_at') }} as valid_from,
    cast(null as date) as valid_to,
    assignments._recorded_at as recorded_at,
    assignments._extracted_at as extracted_at,
    assignments._op as op,
    assignments._batch_id as batch_id,
    assignments._file as source_file,
    assignments._line as source_line
from assignments
left join territories on assignments.territory2_id = territories.id
left join territories as parents on territories.parent_territory2_id = parents.id
