with splits as (select * from {{ source('salesforce', 'opportunity_split') }}),

type_versions as (
    select
        *,
        _op = 'upsert' and coalesce(is_active, true) as is_in_use,
        -- The field may be written with its object in front.
        lower(coalesce(split_field, 'Amount')) not in ('amount', 'opportunity.amount')
            as is_of_other_field,
        row_number() over (
            partition by id order by _extracted_at desc, _recorded_at desc
        ) as version_rank
    from {{ source('salesforce', 'opportunity_split_type') }}
),

last_used as (
    select
        id,
        max(case when is_in_use then _recorded_at end) as used_at
    from type_versions
    group by id
),

-- A type that was deactivated or deleted, and not activated again, is out of use since.
out_of_use as (
    select
        type_versions.id,
        min(type_versions._recorded_at) as inactive_at
    from type_versions
    inner join last_used on type_versions.id = last_used.id
    where
        not type_versions.is_in_use
        and (last_used.used_at is null or type_versions._recorded_at > last_used.used_at)
    group by type_versions.id
),

described as (
    select
        type_versions.id,
        type_versions.developer_name,
        type_versions.master_label,
        type_versions.is_total_validated,
        out_of_use.inactive_at,
        type_versions.is_of_other_field,
        -- Of several types that share the whole amount, bookings go by the one Salesforce ships.
        row_number() over (
            partition by type_versions.is_total_validated, type_versions.is_of_other_field
            order by
                case when type_versions.developer_name = 'Revenue' then 0 else 1 end,
                case when out_of_use.id is null then 0 else 1 end,
                type_versions.id
        ) as type_rank
    from type_versions
    left join out_of_use on type_versions.id = out_of_use.id
    where type_versions.version_rank = 1
),

types as (
    select
        *,
        case
            when not is_total_validated then 'overlay_bookings'
            when is_total_validated and not is_of_other_field and type_rank = 1 then 'bookings'
            when is_total_validated
                then 'bookings_' || lower(
                    replace(coalesce(developer_name, master_label, id), ' ', '_')
                )
        end as measure
    from described
)

select
    'salesforce' as source_system,
    splits.id as split_id,
    splits.opportunity_id,
    splits.split_owner_id as participant_id,
    splits.split_type_id,
    types.master_label as split_type,
    types.measure,
    not types.is_total_validated as is_overlay,
    types.is_of_other_field,
    {{ local_date('types.inactive_at') }} as inactive_from_on,
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
