with steps as (
    select
        id,
        process_instance_id,
        actor_id,
        lower(step_status) as decision,
        -- A step is written when it is decided; how long it had waited stands on it.
        {{ add_minutes('created_date', '-elapsed_time_in_minutes') }} as assigned_at,
        created_date as decided_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'process_instance_step') }}

    union all

    select
        id,
        process_instance_id,
        actor_id,
        'pending' as decision,
        created_date as assigned_at,
        cast(null as timestamp) as decided_at,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'process_instance_workitem') }}
),

instances as (
    {{ current_rows(source('salesforce', 'process_instance'), ['id']) }}
)

select
    'salesforce' as source_system,
    steps.id as step_id,
    instances.target_object_id as target_id,
    steps.process_instance_id as process_id,
    steps.actor_id as approver_id,
    steps.decision,
    steps.assigned_at,
    steps.decided_at,
    steps._recorded_at as recorded_at,
    steps._extracted_at as extracted_at,
    steps._op as op,
    steps._batch_id as batch_id,
    steps._file as source_file,
    steps._line as source_line
from steps
left join instances on steps.process_instance_id = instances.id
