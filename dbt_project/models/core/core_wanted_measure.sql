{{ config(materialized='view') }}

with quotas as (select * from {{ ref('core_quota_in_force') }}),

wanted as (
    select
        replace(measure, 'team_', '') as measure,
        known_from_on
    from quotas

    union all

    select
        'bookings' as measure,
        {{ from_the_start() }} as known_from_on
)

-- What nobody has a quota for is not counted, bookings always.
select
    measure,
    min(known_from_on) as known_from_on
from wanted
group by measure
