with own_quotas as (select * from {{ ref('core_node_quota') }})

select
    measure,
    period_start_on,
    period_end_on,
    'team' as node_type,
    {{ team_node('region', 'team') }} as node_key,
    {{ region_node('region') }} as parent_node_key,
    'team/' || team as label,
    team as node_name,
    false as is_unassigned
from own_quotas
where node_type = 'team'

union

select
    measure,
    period_start_on,
    period_end_on,
    'region' as node_type,
    {{ region_node('region') }} as node_key,
    'company' as parent_node_key,
    'region/' || region as label,
    coalesce(region, 'unassigned') as node_name,
    region is null as is_unassigned
from own_quotas
where node_type in ('region', 'team')

union

select
    measure,
    period_start_on,
    period_end_on,
    'company' as node_type,
    'company' as node_key,
    cast(null as varchar) as parent_node_key,
    'company' as label,
    'company' as node_name,
    false as is_unassigned
from own_quotas
where node_type in ('company', 'region', 'team')
