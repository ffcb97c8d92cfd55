with products as (select * from {{ source('adventureworks', 'product') }}),

subcategories as (
    {{ current_rows(source('adventureworks', 'product_subcategory'), ['product_subcategory_id']) }}
)

select
    'adventureworks' as source_system,
    cast(products.product_id as varchar) as product_id,
    products.name as product_name,
    subcategories.name as product_family,
    products.discontinued_date is null as is_active,
    products._recorded_at as recorded_at,
    products._extracted_at as extracted_at,
    products._op as op,
    products._batch_id as batch_id,
    products._file as source_file,
    products._line as source_line
from products
left join subcategories on products.product_subcategory_id = subcategories.product_subcategory_id
