with quota_history as (select * from {{ source('adventureworks', 'sales_person_quota_history') }}),

dw_quotas as (select * from {{ source('adventureworks', 'dw_sales_quota') }}),

-- Both systems name a person by the national id; the warehouse form keys each version of one.
dw_people as (
    select distinct
        people.employee_key,
        employees.business_entity_id
    from {{ source('adventureworks', 'dw_employee') }} as people
    inner join {{ source('adventureworks', 'employee') }} as employees
        on people.national_id_number = employees.national_id_number
    where people._op = 'upsert' and employees._op = 'upsert'
),

planned as (
    select
        cast(row_id as varchar) as quota_id,
        cast(business_entity_id as varchar) as participant_id,
        'oltp' as version,
        quota_date as quota_on,
        cast(null as varchar) as declared_period,
        cast(null as date) as declared_start_on,
        cast(null as date) as declared_end_on,
        sales_quota as quota_amount,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from quota_history
),

declared as (
    select
        cast(dw_quotas.sales_quota_key as varchar) as quota_id,
        cast(dw_people.business_entity_id as varchar) as participant_id,
        'dw' as version,
        dw_quotas.quota_date as quota_on,
        cast(dw_quotas.calendar_year as varchar)
        || '-Q'
        || cast(dw_quotas.calendar_quarter as varchar) as declared_period,
        make_date(
            cast(dw_quotas.calendar_year as integer),
            cast(dw_quotas.calendar_quarter * 3 - 2 as integer),
            1
        ) as declared_start_on,
        case
            when dw_quotas.calendar_quarter = 4
                then make_date(cast(dw_quotas.calendar_year + 1 as integer), 1, 1)
            else make_date(
                cast(dw_quotas.calendar_year as integer),
                cast(dw_quotas.calendar_quarter * 3 + 1 as integer),
                1
            )
        end as declared_end_on,
        dw_quotas.sales_amount_quota as quota_amount,
        dw_quotas._recorded_at,
        dw_quotas._extracted_at,
        dw_quotas._op,
        dw_quotas._batch_id,
        dw_quotas._file,
        dw_quotas._line
    from dw_quotas
    left join dw_people on dw_quotas.employee_key = dw_people.employee_key
),

quotas as (
    select * from planned
    union all
    select * from declared
)

select
    'adventureworks' as source_system,
    quota_id,
    participant_id,
    'bookings' as measure,
    version,
    'approved' as status,
    quota_on,
    declared_period,
    declared_start_on,
    declared_end_on,
    quota_amount,
    false as is_of_team_if_leading,
    {{ lineage() }}
from quotas
