with activities as (
    select
        id,
        lower(coalesce(type, task_subtype, 'task')) as activity_type,
        owner_id,
        account_id,
        what_id,
        who_id,
        coalesce(completed_at, created_date) as occurred_at,
        coalesce(activity_date, {{ local_date('created_date') }}) as occurred_on,
        is_closed as is_completed,
        is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'task') }}

    union all

    select
        id,
        'meeting' as activity_type,
        owner_id,
        account_id,
        what_id,
        who_id,
        coalesce(activity_at, created_date) as occurred_at,
        coalesce(activity_date, {{ local_date('created_date') }}) as occurred_on,
        true as is_completed,
        is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'event') }}
)

select
    'salesforce' as source_system,
    id as activity_id,
    activity_type,
    owner_id,
    account_id,
    case when substring(what_id, 1, 3) = '006' then what_id end as opportunity_id,
    who_id as person_id,
    occurred_at,
    occurred_on,
    is_completed,
    is_deleted,
    {{ lineage() }}
from activities
