with leaves as (select * from {{ ref('core_attainment_leaf') }}),

moved as (
    select
        participant_id,
        period_start_on,
        period_end_on,
        participant_name,
        measure,
        {%- for name in ['planned', 'was', 'is'] %}
        {{ team_node(name ~ '_region', name ~ '_team') }}
            as {{ name }}_node_key,
        {%- endfor %}
        sum(credit_amount) as credit_amount,
        sum(quota_amount) as quota_amount
    from leaves
    group by
        participant_id, period_start_on, period_end_on, participant_name, measure,
        planned_region, planned_team, was_region, was_team, is_region, is_team
)

select
    md5(
        participant_id || '|' || measure || '|' || cast(period_start_on as varchar) || '|'
        || cast(period_end_on as varchar) || '|' || planned_node_key || '|' || was_node_key || '|'
        || is_node_key
    ) as hierarchy_move_key,
    participant_id,
    planned_node_key,
    was_node_key,
    is_node_key,

    period_start_on,
    period_end_on,

    participant_name,
    measure,

    cast(credit_amount as decimal(18, 4)) as credit_amount,
    cast(quota_amount as decimal(18, 4)) as quota_amount
from moved
where planned_node_key <> was_node_key or was_node_key <> is_node_key
