with sellers as (select * from {{ source('adventureworks', 'sales_person') }}),

employees as (
    {{ current_rows(source('adventureworks', 'employee'), ['business_entity_id']) }}
),

dw_people as (
    {{ current_rows(source('adventureworks', 'dw_employee'), ['employee_key']) }}
),

-- The warehouse form keeps several rows of one employee; the last one stands.
hierarchy as (
    select *
    from (
        select
            employee_key,
            parent_employee_key,
            national_id_number,
            first_name,
            last_name,
            row_number()
                over (partition by national_id_number order by employee_key desc)
                as age_rank
        from dw_people
    ) as ranked
    where age_rank = 1
),

managers as (
    select
        dw_people.employee_key,
        dw_people.first_name || ' ' || dw_people.last_name as manager_name,
        employees.business_entity_id as manager_id
    from dw_people
    left join employees on dw_people.national_id_number = employees.national_id_number
)

select
    'adventureworks' as source_system,
    cast(sellers.business_entity_id as varchar) as participant_id,
    -- Names come from the warehouse form; without it the login is the best there is.
    coalesce(
        hierarchy.first_name || ' ' || hierarchy.last_name, employees.login_id
    ) as participant_name,
    cast(managers.manager_id as varchar) as manager_id,
    managers.manager_name,
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
left join managers on hierarchy.parent_employee_key = managers.employee_key
