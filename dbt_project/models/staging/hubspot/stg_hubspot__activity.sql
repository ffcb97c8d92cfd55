with activities as (
    select
        engagement_id,
        'call' as activity_type,
        cast(null as varchar) as status,
        owner_id,
        coalesce(occurred_at, created_at) as occurred_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'engagement_call') }}

    union all

    select
        engagement_id,
        'meeting' as activity_type,
        outcome as status,
        owner_id,
        start_at as occurred_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'engagement_meeting') }}

    union all

    select
        engagement_id,
        'email' as activity_type,
        cast(null as varchar) as status,
        owner_id,
        coalesce(occurred_at, created_at) as occurred_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'engagement_email') }}

    union all

    select
        engagement_id,
        'note' as activity_type,
        cast(null as varchar) as status,
        owner_id,
        coalesce(occurred_at, created_at) as occurred_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'engagement_note') }}

    union all

    select
        engagement_id,
        'task' as activity_type,
        status,
        owner_id,
        coalesce(occurred_at, created_at) as occurred_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'engagement_task') }}
),

not_done as (
    select * from {{ ref('seed_activity_not_done') }} where source_system = 'hubspot'
),

-- An activity may belong to several records; the smallest id is always the same one.
deals as (
    select
        engagement_id,
        min(deal_id) as deal_id
    from (
        {{ current_rows(source('hubspot', 'engagement_deal'), ['engagement_id', 'deal_id']) }}
    ) as known
    group by engagement_id
),

contacts as (
    select
        engagement_id,
        min(contact_id) as contact_id
    from (
        {{ current_rows(source('hubspot', 'engagement_contact'), ['engagement_id', 'contact_id']) }}
    ) as known
    group by engagement_id
),

companies as (
    select
        engagement_id,
        min(company_id) as company_id
    from (
        {{ current_rows(source('hubspot', 'engagement_company'), ['engagement_id', 'company_id']) }}
    ) as known
    group by engagement_id
)

select
    'hubspot' as source_system,
    activities.engagement_id as activity_id,
    activities.activity_type,
    activities.owner_id,
    companies.company_id as account_id,
    deals.deal_id as opportunity_id,
    contacts.contact_id as person_id,
    activities.occurred_at,
    {{ local_date('activities.occurred_at') }} as occurred_on,
    not_done.status is null as is_completed,
    false as is_deleted,
    activities._recorded_at as recorded_at,
    activities._extracted_at as extracted_at,
    activities._op as op,
    activities._batch_id as batch_id,
    activities._file as source_file,
    activities._line as source_line
from activities
left join deals on activities.engagement_id = deals.engagement_id
left join contacts on activities.engagement_id = contacts.engagement_id
left join companies on activities.engagement_id = companies.engagement_id
left join not_done
    on
        activities.activity_type = not_done.activity_type
        and upper(trim(activities.status)) = not_done.status
