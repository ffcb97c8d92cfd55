with associations as (
    select * from {{ source('salesforce', 'user_territory2_association') }}
),

territories as (
    {{ current_rows(source('salesforce', 'territory2'), ['id']) }}
),

versions as (
    select
        *,
        _op = 'upsert' and coalesce(is_active, true) as is_in_force,
        {{ local_date('_recorded_at') }} as valid_from,
        lead({{ local_date('_recorded_at') }}) over (
            partition by id order by _recorded_at, _extracted_at
        ) as valid_to
    from associations
)

-- An assignment holds until the next version of it, which may end it.
select
    'salesforce' as source_system,
    versions.user_id as participant_id,
    versions.territory2_id as territory_id,
    territories.name as territory_name,
    parents.name as region,
    versions.valid_from,
    versions.valid_to,
    versions._recorded_at as recorded_at,
    versions._extracted_at as extracted_at,
    versions._op as op,
    versions._batch_id as batch_id,
    versions._file as source_file,
    versions._line as source_line
from versions
left join territories on versions.territory2_id = territories.id
left join territories as parents on territories.parent_territory2_id = parents.id
where
    versions.is_in_force
    and (versions.valid_to is null or versions.valid_to > versions.valid_from)
