with versions as (
    {{ latest_versions('campaign', ['campaign_id']) }}
),

known as (
    select
        *,
        own_campaign_id = campaign_id as is_own
    from versions
    where not coalesce(is_deleted, false)
),

-- Two systems may each have a campaign of one id without meaning the same one.
owners as (
    select
        campaign_id,
        count(*) as n_owners
    from known
    where is_own
    group by campaign_id
),

placed as (
    select
        known.*,
        case when owners.n_owners > 1 then known.source_system end as only_in_system
    from known
    left join owners on known.campaign_id = owners.campaign_id
),

-- A campaign of an ad or mail system that carries the CRM's id is the CRM's campaign: the words of
-- the system whose own id it is count.
ranked as (
    select
        placed.*,
        row_number() over (
            partition by placed.campaign_id, placed.only_in_system
            order by
                case when placed.is_own then 0 else 1 end,
                placed.source_system
        ) as preference
    from placed
)

select
    campaign_id,
    source_system,
    only_in_system,
    starts_on,
    ends_on,
    campaign_name,
    campaign_type,
    status,
    source_file,
    source_line
from ranked
where preference = 1
