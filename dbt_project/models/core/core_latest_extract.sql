with batches as (select * from {{ source('control', 'batches') }})

select max(extract_on) as as_of_on
from batches
where status = 'loaded'
