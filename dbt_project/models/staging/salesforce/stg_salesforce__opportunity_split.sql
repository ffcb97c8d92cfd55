with splits as (
    {{ rows_as_said(source('salesforce', 'opportunity_split'), ['id']) }}
),

all_types as (
    {{ rows_as_said(source('salesforce', 'opportunity_split_type'), ['id']) }}
),

-- A type that comes after the first extract was not there before, and changed no other one.
said_types as (
    select
        *,
        case
            when _extracted_at = min(_extracted_at) over ()
                then said_from
            else _recorded_at
        end as there_from
    from all_types
),

type_versions as (
    select
        *,
        _op = 'upsert' and coalesce(is_active, true) as is_in_use,
        -- The field may be written with its object in front.
        lower(coalesce(split_field, 'Amount')) not in ('amount', 'opportunity.amount')
            as is_of_other_field,
        max(
            case when _op = 'upsert' and coalesce(is_active, true) then _recorded_at end
        ) over (
            partition by id order by there_from
            rows between unbounded preceding and current row
        ) as used_at
    from said_types
),

-- A type that was deactivated or deleted, and not activated again, is out of use since.
dated_types as (
    select
        *,
        case
            when not is_in_use
                then min(case when not is_in_use then _recorded_at end) over (
                    partition by id, used_at
                )
        end as inactive_at
    from type_versions
),

-- What is said of one type may change what another one is.
points as (
    select
        there_from as point_at,
        max(_extracted_at) as extracted_at
    from said_types
    group by there_from
),

-- Of several types that share the whole amount, bookings go by the one Salesforce ships.
ranked as (
    select
        dated_types.*,
        points.point_at,
        points.extracted_at as point_extracted_at,
        row_number() over (
            partition by
                points.point_at, dated_types.is_total_validated, dated_types.is_of_other_field
            order by
                case when dated_types.developer_name = 'Revenue' then 0 else 1 end,
                case when dated_types.inactive_at is null then 0 else 1 end,
                dated_types.id
        ) as type_rank
    from points
    inner join dated_types
        on points.point_at >= dated_types.there_from and points.point_at < dated_types.said_to
),

described as (
    select
        id,
        master_label,
        is_total_validated,
        is_of_other_field,
        inactive_at,
        point_at,
        point_extracted_at,
        case
            when not is_total_validated then 'overlay_bookings'
            when is_total_validated and not is_of_other_field and type_rank = 1 then 'bookings'
            when is_total_validated
                then 'bookings_' || lower(
                    replace(coalesce(developer_name, master_label, id), ' ', '_')
                )
        end as measure
    from ranked
),

compared as (
    select
        *,
        {{ state_of([
            'master_label', 'is_total_validated', 'is_of_other_field', 'inactive_at', 'measure'
        ]) }} as state
    from described
),

turns as (
    select
        *,
        lag(state) over (partition by id order by point_at) as was_state
    from compared
),

types as (
    select
        id,
        master_label,
        is_total_validated,
        is_of_other_field,
        inactive_at,
        measure,
        point_at as said_from,
        coalesce(
            lead(point_at) over (partition by id order by point_at),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as said_to,
        point_extracted_at
    from turns
    where was_state is null or state <> was_state
)

-- A type that changes is another version of all its splits.
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
    greatest(splits._recorded_at, coalesce(types.said_from, splits._recorded_at)) as recorded_at,
    case
        when types.said_from > splits._recorded_at
            then greatest(splits._extracted_at, types.point_extracted_at)
        else splits._extracted_at
    end as extracted_at,
    splits._op as op,
    splits._batch_id as batch_id,
    splits._file as source_file,
    splits._line as source_line
from splits
left join types
    on
        splits.split_type_id = types.id
        and splits._recorded_at < types.said_to
        and splits.said_to > types.said_from
