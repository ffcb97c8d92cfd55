-- An account that is assigned again gets another association: the last state of each one counts.
with associations as (
    select *
    from (
        {{ current_rows(source('salesforce', 'object_territory2_association'), ['id']) }}
    ) as known
    where not coalesce(is_deleted, false)
),

territories as (
    {{ current_rows(source('salesforce', 'territory2'), ['id']) }}
)

select
    'salesforce' as source_system,
    associations.object_id as account_id,
    associations.territory2_id as territory_id,
    territories.name as territory_name,
    associations._recorded_at as recorded_at,
    associations._extracted_at as extracted_at,
    associations._op as op,
    associations._batch_id as batch_id,
    associations._file as source_file,
    associations._line as source_line
from associations
left join territories on associations.territory2_id = territories.id
