with splits as (select * from {{ source('salesforce', 'opportunity_split') }}),

types as (
    {{ current_rows(source('salesforce', 'opportunity_split_type'), ['id']) }}
)

select
    'salesforce' as source_system,
    splits.id as split_id,
    splits.opportunity_id,
    splits.split_owner_id as participant_id,
    types.master_label as split_type,
    not types.is_total_validated as is_overlay,
    splits.split_percentage / 100 as split_pct,
    splits.split_amount,
    splits.currency_iso_code as currency,
    splits.is_deleted,
    splits._recorded_at as recorded_at,
    splits._extracted_at as extracted_at,
    splits._op as op,
    splits._batch_id as batch_id,
    splits._file as source_file,
    splits._line as source_line
from splits
left join types on splits.split_type_id = types.id
