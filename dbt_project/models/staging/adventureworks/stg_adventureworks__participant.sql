with sellers as (select * from {{ source('adventureworks', 'sales_person') }}),

employees as (
    select * from (
        select
            *,
            row_number() over (partition by business_entity_id order by _extracted_at desc) as version_rank
        from {{ source('adventureworks', 'employee') }}
        where _op = 'upsert'
    ) as versions
    where version_rank = 1
),

-- The warehouse form keeps several rows of one employee; the last one stands.
hierarchy as (
    select * from (
        select
            *,
            row_number() over (
                partition by national_id_number order by employee_key desc, _extracted_at desc
            ) as version_rank
        from {{ source('adventureworks', 'dw_employee') }}
        where _op = 'upsert'
    ) as versions
    where version_rank = 1
),

keyed_hierarchy as (
    select
        employee_key,
        national_id_number,
        first_name,
        last_name
    from {{ source('adventureworks', 'dw_employee') }}
    where _op = 'upsert'
)

select
    'adventureworks' as source_system,
    cast(sellers.business_entity_id as varchar) as participant_id,
    -- Names come from the warehouse form; without it the login is the best there is.
    coalesce(
        hierarchy.first_name || ' ' || hierarchy.last_name, employees.login_id
    ) as participant_name,
    cast(manager_employees.business_entity_id as varchar) as manager_id,
    max(managers.first_name || ' ' || managers.last_name) as manager_name,
    cast(null as varchar) as team,
    cast(null as varchar) as region,
    employees.job_title as title,
    employees.hire_date as hired_on,
    employees.current_flag as is_active,
    sellers._recorded_at as recorded_at,
    sellers._extracted_at as extracted_at,
    sellers._op as op,
    sellers._batch_id as batch_id,
    sellers._file as source_file,
    sellers._line as source_line
from sellers
left join employees on sellers.business_entity_id = employees.business_entity_id
left join hierarchy on employees.national_id_number = hierarchy.national_id_number
left join keyed_hierarchy as managers on hierarchy.parent_employee_key = managers.employee_key
left join employees as manager_employees
    on managers.national_id_number = manager_employees.national_id_number
group by
    sellers.business_entity_id,
    hierarchy.first_name,
    hierarchy.last_name,
    employees.login_id,
    manager_employees.business_entity_id,
    employees.job_title,
    employees.hire_date,
    employees.current_flag,
    sellers._recorded_at,
    sellers._extracted_at,
    sellers._op,
    sellers._batch_id,
    sellers._file,
    sellers._line
