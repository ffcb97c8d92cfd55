with quotas as (select * from {{ ref('core_quota_in_force') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

own_quotas as (
    select
        coalesce(quotas.node, {{ manager_node('quotas.participant_id') }}) as label,
        replace(quotas.measure, 'team_', '') as measure,
        quotas.period_start_on,
        quotas.period_end_on,
        least({{ add_days('quotas.period_end_on', -1) }}, latest_extract.as_of_on) as seen_on,
        sum(quotas.quota_amount) as quota_amount
    from quotas
    cross join latest_extract
    where
        quotas.known_from_on <= latest_extract.as_of_on
        and quotas.known_to_on > latest_extract.as_of_on
        and (quotas.node is not null or substring(quotas.measure, 1, 5) = 'team_')
    group by
        coalesce(quotas.node, {{ manager_node('quotas.participant_id') }}),
        replace(quotas.measure, 'team_', ''), quotas.period_start_on, quotas.period_end_on,
        least({{ add_days('quotas.period_end_on', -1) }}, latest_extract.as_of_on)
),

-- Where the team or region stood on the period's last day, or today; else where it stood last.
places as (
    select
        own_quotas.label,
        own_quotas.measure,
        own_quotas.period_start_on,
        own_quotas.period_end_on,
        participants.region,
        case when own_quotas.label <> 'region/' || participants.region then participants.team end
            as team,
        row_number() over (
            partition by
                own_quotas.label, own_quotas.measure, own_quotas.period_start_on,
                own_quotas.period_end_on
            order by
                case
                    when
                        own_quotas.seen_on >= participants.valid_from
                        and own_quotas.seen_on < participants.valid_to
                        then 0
                    else 1
                end,
                participants.valid_from desc,
                participants.region asc
        ) as place_rank
    from own_quotas
    inner join participants
        on
            own_quotas.label in (
                'region/' || participants.region,
                'team/' || participants.team,
                {{ team_node('participants.region', 'participants.team') }}
            )
)

select
    own_quotas.label,
    own_quotas.measure,
    own_quotas.period_start_on,
    own_quotas.period_end_on,
    case
        when own_quotas.label = 'company' then 'company'
        when places.team is not null then 'team'
        when places.label is not null then 'region'
        else 'manager'
    end as node_type,
    places.region,
    places.team,
    own_quotas.quota_amount
from own_quotas
left join places
    on
        own_quotas.label = places.label
        and own_quotas.measure = places.measure
        and own_quotas.period_start_on = places.period_start_on
        and own_quotas.period_end_on = places.period_end_on
        and places.place_rank = 1
