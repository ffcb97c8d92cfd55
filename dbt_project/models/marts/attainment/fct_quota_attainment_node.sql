{%- set hierarchies = {'as_was': 'was', 'as_is': 'is', 'as_planned': 'planned'} -%}
with leaves as (select * from {{ ref('core_attainment_leaf') }}),

closure as (
    select * from {{ ref('core_org_closure') }} where known_to_on = {{ open_end() }}
),

own_quotas as (select * from {{ ref('core_node_quota') }}),

wanted as (select * from {{ ref('core_wanted_node') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- The organisation by team and region, once for each version of it.
in_teams as (
    {%- for hierarchy, name in hierarchies.items() %}
    select
        '{{ hierarchy }}' as hierarchy,
        measure,
        period_start_on,
        period_end_on,
        participant_id,
        participant_name,
        {{ name }}_region as region,
        {{ name }}_team as team,
        sum(credit_amount) as credit_amount,
        sum(quota_amount) as quota_amount
    from leaves
    group by
        measure, period_start_on, period_end_on, participant_id, participant_name,
        {{ name }}_region, {{ name }}_team
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

sellers as (
    select
        hierarchy,
        measure,
        period_start_on,
        period_end_on,
        'org' as tree,
        'participant' as node_type,
        {{ participant_node('participant_id') }} as node_key,
        {{ team_node('region', 'team') }} as parent_node_key,
        {{ participant_node('participant_id') }} as label,
        participant_name as node_name,
        team is null as is_unassigned,
        1 as n_people,
        credit_amount as own_credit_amount,
        credit_amount,
        quota_amount as street_quota_amount
    from in_teams
),

teams as (
    select
        hierarchy,
        measure,
        period_start_on,
        period_end_on,
        'org' as tree,
        'team' as node_type,
        {{ team_node('region', 'team') }} as node_key,
        {{ region_node('region') }} as parent_node_key,
        'team/' || team as label,
        coalesce(team, 'unassigned') as node_name,
        team is null as is_unassigned,
        count(distinct participant_id) as n_people,
        cast(0 as decimal(18, 4)) as own_credit_amount,
        sum(credit_amount) as credit_amount,
        sum(quota_amount) as street_quota_amount
    from in_teams
    group by
        hierarchy, measure, period_start_on, period_end_on, region, team
),

regions as (
    select
        hierarchy,
        measure,
        period_start_on,
        period_end_on,
        'org' as tree,
        'region' as node_type,
        {{ region_node('region') }} as node_key,
        'company' as parent_node_key,
        'region/' || region as label,
        coalesce(region, 'unassigned') as node_name,
        region is null as is_unassigned,
        count(distinct participant_id) as n_people,
        cast(0 as decimal(18, 4)) as own_credit_amount,
        sum(credit_amount) as credit_amount,
        sum(quota_amount) as street_quota_amount
    from in_teams
    group by hierarchy, measure, period_start_on, period_end_on, region
),

company as (
    select
        hierarchy,
        measure,
        period_start_on,
        period_end_on,
        'org' as tree,
        'company' as node_type,
        'company' as node_key,
        cast(null as varchar) as parent_node_key,
        'company' as label,
        'company' as node_name,
        false as is_unassigned,
        count(distinct participant_id) as n_people,
        cast(0 as decimal(18, 4)) as own_credit_amount,
        sum(credit_amount) as credit_amount,
        sum(quota_amount) as street_quota_amount
    from in_teams
    group by hierarchy, measure, period_start_on, period_end_on
),

-- The lines of management: everybody with whoever is above them, and all that is below.
in_lines as (
    {%- for hierarchy, name in hierarchies.items() %}
    select
        '{{ hierarchy }}' as hierarchy,
        leaves.measure,
        leaves.period_start_on,
        leaves.period_end_on,
        closure.ancestor_id,
        closure.above_id,
        count(distinct leaves.participant_id) as n_people,
        sum(case when closure.distance = 0 then leaves.credit_amount else 0 end)
            as own_credit_amount,
        max(closure.distance) as depth,
        sum(leaves.credit_amount) as credit_amount,
        sum(leaves.line_quota_amount) as quota_amount
    from leaves
    inner join closure
        on
            leaves.participant_id = closure.descendant_id
            and leaves.{{ name }}_on >= closure.valid_from
            and leaves.{{ name }}_on < closure.valid_to
    group by
        leaves.measure, leaves.period_start_on, leaves.period_end_on, closure.ancestor_id,
        closure.above_id
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

lines as (
    select
        in_lines.hierarchy,
        in_lines.measure,
        in_lines.period_start_on,
        in_lines.period_end_on,
        'management' as tree,
        case when in_lines.depth > 0 then 'manager' else 'seller' end as node_type,
        {{ manager_node('in_lines.ancestor_id') }} as node_key,
        {{ manager_node('in_lines.above_id') }} as parent_node_key,
        {{ manager_node('in_lines.ancestor_id') }} as label,
        coalesce(managers.participant_name, in_lines.ancestor_id) as node_name,
        false as is_unassigned,
        in_lines.n_people,
        in_lines.own_credit_amount,
        in_lines.credit_amount,
        in_lines.quota_amount as street_quota_amount
    from in_lines
    cross join latest_extract
    -- The name of the period's last day, or of today while it runs.
    left join participants as managers
        on
            in_lines.ancestor_id = managers.participant_id
            and least({{ add_days('in_lines.period_end_on', -1) }}, latest_extract.as_of_on)
            >= managers.valid_from
            and least({{ add_days('in_lines.period_end_on', -1) }}, latest_extract.as_of_on)
            < managers.valid_to
),

busy as (
    select * from company
    union all
    select * from regions
    union all
    select * from teams
    union all
    select * from sellers
    union all
    select * from lines
),

-- A quota stands also where nobody has credit or a quota of their own yet.
quiet as (
    {%- for hierarchy in hierarchies %}
    select
        '{{ hierarchy }}' as hierarchy,
        wanted.measure,
        wanted.period_start_on,
        wanted.period_end_on,
        'org' as tree,
        wanted.node_type,
        wanted.node_key,
        wanted.parent_node_key,
        wanted.label,
        wanted.node_name,
        wanted.is_unassigned,
        0 as n_people,
        cast(0 as decimal(18, 4)) as own_credit_amount,
        cast(0 as decimal(18, 4)) as credit_amount,
        cast(0 as decimal(18, 4)) as street_quota_amount
    from wanted
    left join busy
        on
            busy.hierarchy = '{{ hierarchy }}'
            and wanted.measure = busy.measure
            and wanted.period_start_on = busy.period_start_on
            and wanted.period_end_on = busy.period_end_on
            and (wanted.label = busy.label or wanted.node_key = busy.node_key)
    where busy.node_key is null
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

nodes as (
    select * from busy
    union all
    select * from quiet
),

-- A node that stands under two others in a period keeps its quota where most of its credit is.
ranked as (
    select
        *,
        row_number() over (
            partition by hierarchy, measure, period_start_on, period_end_on, tree, label
            order by credit_amount desc, node_key asc, parent_node_key asc
        ) as label_rank
    from nodes
)

select
    md5(
        ranked.hierarchy || '|' || ranked.measure || '|' || ranked.node_key || '|'
        || coalesce(ranked.parent_node_key, '') || '|' || cast(ranked.period_start_on as varchar)
        || '|' || cast(ranked.period_end_on as varchar)
    ) as node_attainment_key,
    ranked.node_key,
    ranked.parent_node_key,

    ranked.period_start_on,
    ranked.period_end_on,

    ranked.hierarchy,
    ranked.tree,
    ranked.node_type,
    ranked.node_name,
    ranked.is_unassigned,
    ranked.measure,
    case
        when coalesce(own_quotas.quota_amount, 0) = 0 then 'no_quota'
        when latest_extract.as_of_on < ranked.period_start_on then 'ahead'
        when latest_extract.as_of_on < ranked.period_end_on then 'running'
        else 'closed'
    end as attainment_state,

    cast(ranked.n_people as bigint) as n_people,
    cast(own_quotas.quota_amount as decimal(18, 4)) as quota_amount,
    cast(ranked.street_quota_amount as decimal(18, 4)) as street_quota_amount,
    cast(ranked.own_credit_amount as decimal(18, 4)) as own_credit_amount,
    cast(ranked.credit_amount as decimal(18, 4)) as credit_amount,
    {{ ratio('ranked.credit_amount', 'own_quotas.quota_amount') }} as attainment_pct,
    {{ ratio('ranked.credit_amount', 'ranked.street_quota_amount') }} as street_attainment_pct,
    {{ ratio('ranked.street_quota_amount', 'own_quotas.quota_amount') }} - 1
        as over_assignment_pct,
    {{ ratio('own_quotas.quota_amount', 'ranked.street_quota_amount') }}
        as attainment_factor_pct
from ranked
cross join latest_extract
left join own_quotas
    on
        (
            (ranked.label = own_quotas.label and ranked.label_rank = 1)
            -- A team may be named with its region.
            or (ranked.node_type = 'team' and ranked.node_key = own_quotas.label)
        )
        and ranked.measure = own_quotas.measure
        and ranked.period_start_on = own_quotas.period_start_on
        and ranked.period_end_on = own_quotas.period_end_on
