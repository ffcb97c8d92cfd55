with touches as (
    select
        id,
        lead_id,
        campaign_id,
        'send_email' as touch_type,
        false as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_send_email') }}

    union all

    select
        id,
        lead_id,
        campaign_id,
        'email_delivered' as touch_type,
        false as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_email_delivered') }}

    union all

    select
        id,
        lead_id,
        campaign_id,
        'email_bounced' as touch_type,
        false as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_email_bounced') }}

    union all

    select
        id,
        lead_id,
        campaign_id,
        'open_email' as touch_type,
        true as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_open_email') }}

    union all

    select
        id,
        lead_id,
        campaign_id,
        'click_email' as touch_type,
        true as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_click_email') }}

    union all

    select
        id,
        lead_id,
        campaign_id,
        'unsubscribe_email' as touch_type,
        true as is_response,
        activity_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_unsubscribe_email') }}
),

campaigns as (
    {{ current_rows(source('marketo', 'campaign'), ['id']) }}
),

programs as (
    {{ current_rows(source('marketo', 'program'), ['id']) }}
)

select
    'marketo' as source_system,
    touches.id as touch_id,
    touches.lead_id as person_id,
    coalesce(programs.crm_campaign_id, campaigns.program_id, touches.campaign_id) as campaign_id,
    'email' as channel,
    touches.touch_type,
    touches.activity_at as occurred_at,
    touches.is_response,
    false as is_deleted,
    touches._recorded_at as recorded_at,
    touches._extracted_at as extracted_at,
    touches._op as op,
    touches._batch_id as batch_id,
    touches._file as source_file,
    touches._line as source_line
from touches
left join campaigns on touches.campaign_id = campaigns.id
left join programs on campaigns.program_id = programs.id
