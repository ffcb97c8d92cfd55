with entries as (select * from {{ source('salesforce', 'pricebook_entry') }}),

current_entries as (
    {{ current_rows(source('salesforce', 'pricebook_entry'), ['id']) }}
),

books as (
    {{ current_rows(source('salesforce', 'pricebook'), ['id']) }}
),

placed as (
    select
        coalesce(pricebook2_id, 'standard') as price_list_id,
        product2_id || '|' || coalesce({{ currency_code('currency_iso_code') }}, '') as priced,
        use_standard_price
    from current_entries
),

extents as (
    select
        price_list_id,
        count(distinct priced) as n_priced,
        max(case when use_standard_price then 1 else 0 end) as uses_standard
    from placed
    group by price_list_id
),

-- Where the books themselves are not delivered: a product has to be in the standard book before it
-- can be in another, which may then use the standard price.
whole_lists as (
    select price_list_id
    from extents
    where
        uses_standard = 0
        and n_priced = (select count(distinct placed.priced) from placed)
),

presumed as (
    select
        min(price_list_id) as price_list_id,
        count(*) as n_lists
    from whole_lists
)

-- An entry that is not active has no price.
select
    'salesforce' as source_system,
    entries.product2_id as product_id,
    coalesce(entries.pricebook2_id, 'standard') as price_list_id,
    books.name as price_list_name,
    case
        when books.is_standard is not null then books.is_standard
        when presumed.n_lists = 1
            then coalesce(entries.pricebook2_id, 'standard') = presumed.price_list_id
    end as is_standard,
    entries.currency_iso_code as currency,
    entries.unit_price as list_price,
    entries._recorded_at as recorded_at,
    entries._extracted_at as extracted_at,
    case when coalesce(entries.is_active, true) then entries._op else 'delete' end as op,
    entries._batch_id as batch_id,
    entries._file as source_file,
    entries._line as source_line
from entries
left join books on entries.pricebook2_id = books.id
cross join presumed
