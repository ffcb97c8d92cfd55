with customers as (select * from {{ source('adventureworks', 'customer') }}),

stores as (
    {{ current_rows(source('adventureworks', 'store'), ['business_entity_id']) }}
)

select
    'adventureworks' as source_system,
    cast(customers.customer_id as varchar) as account_id,
    coalesce(stores.name, customers.account_number) as account_name,
    cast(stores.sales_person_id as varchar) as owner_id,
    false as is_deleted,
    customers._recorded_at as recorded_at,
    customers._extracted_at as extracted_at,
    customers._op as op,
    customers._batch_id as batch_id,
    customers._file as source_file,
    customers._line as source_line
from customers
left join stores on customers.store_id = stores.business_entity_id
