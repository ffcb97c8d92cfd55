{{ config(materialized='view') }}

with versions as (
    {{ union_entity('opportunity_split') }}
),

dated as (
    select
        *,
        lead(recorded_at) over (
            partition by source_system, split_id order by recorded_at, extracted_at
        ) as next_recorded_at
    from versions
)

select
    {{ surrogate_key('source_system', 'split_id') }} as split_key,
    source_system,
    split_id,
    opportunity_id,
    participant_id,
    split_type_id,
    split_type,
    measure,
    is_overlay,
    is_of_other_field,
    inactive_from_on,
    split_pct,
    split_amount,
    currency,
    recorded_at as known_from,
    coalesce(next_recorded_at, cast('9999-12-31 00:00:00' as timestamp)) as known_to,
    op = 'delete' or coalesce(is_deleted, false) as is_deleted,
    source_file,
    source_line
from dated
where next_recorded_at is null or next_recorded_at > recorded_at
