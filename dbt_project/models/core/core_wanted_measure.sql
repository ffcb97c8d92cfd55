{{ config(materialized='view') }}

with quotas as (select * from {{ ref('core_quota_in_force') }})

-- What nobody has a quota for is not counted, bookings always.
select distinct replace(measure, 'team_', '') as measure
from quotas

union

select 'bookings' as measure
