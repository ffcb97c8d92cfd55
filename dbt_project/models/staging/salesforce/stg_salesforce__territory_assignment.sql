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
        lead(_recorded_at) over by_association as next_recorded_at,
        lead(_extracted_at) over by_association as next_extracted_at,
        lead(_batch_id) over by_association as next_batch_id,
        lead(_file) over by_association as next_file,
        lead(_line) over by_association as next_line
    from associations
    window by_association as (partition by id order by _recorded_at, _extracted_at)
),

-- An assignment holds until the next version of it, which may end it; not before is the end known.
statements as (
    select
        user_id,
        territory2_id,
        valid_from,
        cast(null as date) as valid_to,
        _recorded_at as recorded_at,
        _extracted_at as extracted_at,
        _batch_id as batch_id,
        _file as source_file,
        _line as source_line
    from versions
    where
        is_in_force
        and (next_recorded_at is null or {{ local_date('next_recorded_at') }} > valid_from)

    union all

    select
        user_id,
        territory2_id,
        valid_from,
        {{ local_date('next_recorded_at') }} as valid_to,
        next_recorded_at as recorded_at,
        next_extracted_at as extracted_at,
        next_batch_id as batch_id,
        next_file as source_file,
        next_line as source_line
    from versions
    where is_in_force and {{ local_date('next_recorded_at') }} > valid_from
)

select
    'salesforce' as source_system,
    statements.user_id as participant_id,
    statements.territory2_id as territory_id,
    territories.name as territory_name,
    parents.name as region,
    statements.valid_from,
    statements.valid_to,
    statements.recorded_at,
    statements.extracted_at,
    'upsert' as op,
    statements.batch_id,
    statements.source_file,
    statements.source_line
from statements
left join territories on statements.territory2_id = territories.id
left join territories as parents on territories.parent_territory2_id = parents.id
