with versions as (
    {{ latest_versions('campaign', ['campaign_id']) }}
),

-- A campaign of an ad or mail system that carries the CRM's id is the CRM's campaign: the words of
-- the system whose own id it is count.
ranked as (
    select
        versions.*,
        row_number() over (
            partition by versions.campaign_id
            order by
                case when versions.own_campaign_id = versions.campaign_id then 0 else 1 end,
                versions.source_system
        ) as preference
    from versions
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
