with associations as (
    select * from {{ source('salesforce', 'user_territory2_association') }}
),

territories as (
    {{ rows_as_said(source('salesforce', 'territory2'), ['id']) }}
),

-- A territory is known by its name and its parent's at the time.
named_territories as (
    select
        territories.id,
        case when territories._op = 'upsert' then territories.name end as territory_name,
        case when parents._op = 'upsert' then parents.name end as region,
        greatest(territories.said_from, coalesce(parents.said_from, territories.said_from))
            as said_from,
        least(territories.said_to, coalesce(parents.said_to, territories.said_to)) as said_to,
        case
            when parents.said_from > territories.said_from then parents._extracted_at
            else territories._extracted_at
        end as extracted_at
    from territories
    left join territories as parents
        on
            territories.parent_territory2_id = parents.id
            and territories.said_from < parents.said_to
            and territories.said_to > parents.said_from
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
        coalesce(next_recorded_at, cast('9999-12-31 00:00:00' as timestamp)) as said_to,
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
        cast('9999-12-31 00:00:00' as timestamp) as said_to,
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
    named_territories.territory_name,
    named_territories.region,
    statements.valid_from,
    statements.valid_to,
    greatest(
        statements.recorded_at, coalesce(named_territories.said_from, statements.recorded_at)
    ) as recorded_at,
    case
        when named_territories.said_from > statements.recorded_at
            then greatest(statements.extracted_at, named_territories.extracted_at)
        else statements.extracted_at
    end as extracted_at,
    'upsert' as op,
    statements.batch_id,
    statements.source_file,
    statements.source_line
from statements
left join named_territories
    on
        statements.territory2_id = named_territories.id
        and statements.recorded_at < named_territories.said_to
        and statements.said_to > named_territories.said_from
