with batches as (select * from {{ source('control', 'batches') }} where status = 'loaded'),

records as (
    {{ union_entity('opportunity') }}
),

deliveries as (select distinct records.batch_id from records),

objects as (
    select distinct
        batches.source,
        batches.object
    from batches
    inner join deliveries on batches.batch_id = deliveries.batch_id
),

numbered as (
    select
        batches.source,
        batches.object,
        batches.extract_on,
        batches.batch_id,
        batches.delivery,
        row_number() over (
            partition by batches.source, batches.object order by batches.extract_on
        ) as extract_number
    from batches
    inner join objects
        on
            batches.source = objects.source
            and batches.object = objects.object
)

-- The first delivery of changes is everything there is.
select
    source as source_system,
    batch_id,
    extract_on,
    {{ day_end('extract_on') }} as extracted_at,
    delivery = 'full' or extract_number = 1 as is_whole
from numbered
