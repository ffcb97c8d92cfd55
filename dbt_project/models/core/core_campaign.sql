with versions as (
    {{ latest_versions('campaign', ['campaign_id']) }}
),

spend_systems as (
    select distinct spend.source_system
    from ({{ union_entity('spend') }}) as spend
),

-- An ad system's campaign that carries the CRM's id is the CRM's campaign: its words count.
ranked as (
    select
        versions.*,
        row_number() over (
            partition by versions.campaign_id
            order by
                case when spend_systems.source_system is null then 0 else 1 end,
                versions.source_system
        ) as preference
    from versions
    left join spend_systems on versions.source_system = spend_systems.source_system
    where not coalesce(versions.is_deleted, false)
)

select
    campaign_id,
    source_system,
    starts_on,
    ends_on,
    campaign_name,
    campaign_type,
    status,
    source_file,
    source_line
from ranked
where preference = 1
