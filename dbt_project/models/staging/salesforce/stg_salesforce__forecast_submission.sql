with submissions as (
    select
        id,
        forecasting_item_id,
        'manager' as layer,
        adjusted_amount as amount,
        adjustment_note as note,
        currency_iso_code,
        created_by_id,
        created_date,
        cast(null as boolean) as is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'forecasting_adjustment') }}

    union all

    select
        id,
        forecasting_item_id,
        'owner' as layer,
        owner_adjusted_amount as amount,
        owner_adjustment_note as note,
        currency_iso_code,
        created_by_id,
        created_date,
        is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'forecasting_owner_adjustment') }}
),

items as (
    {{ current_rows(source('salesforce', 'forecasting_item'), ['id']) }}
),

periods as (
    {{ current_rows(source('salesforce', 'period'), ['id']) }}
)

select
    'salesforce' as source_system,
    submissions.id as submission_id,
    items.owner_id as participant_id,
    submissions.layer,
    items.forecast_category_name as forecast_category_value,
    periods.start_date as period_start_on,
    submissions.amount,
    submissions.currency_iso_code as currency,
    submissions.created_by_id as submitted_by,
    submissions.created_date as submitted_at,
    submissions.note,
    submissions.is_deleted,
    submissions._recorded_at as recorded_at,
    submissions._extracted_at as extracted_at,
    submissions._op as op,
    submissions._batch_id as batch_id,
    submissions._file as source_file,
    submissions._line as source_line
from submissions
left join items on submissions.forecasting_item_id = items.id
left join periods on items.period_id = periods.id
