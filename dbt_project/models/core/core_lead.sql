with versions as (
    {{ union_entity('lead') }}
),

latest as (
    {{ latest_versions('lead', ['lead_id']) }}
),

first_known as (
    select
        source_system,
        lead_id,
        min({{ local_date('recorded_at') }}) as first_known_on
    from versions
    group by source_system, lead_id
)

select
    {{ surrogate_key('latest.source_system', 'latest.lead_id') }} as lead_key,
    latest.source_system,
    latest.lead_id,
    latest.owner_id,
    latest.opportunity_id,
    latest.created_on,
    first_known.first_known_on,
    coalesce(latest.created_on, first_known.first_known_on) as cohort_on,
    latest.converted_on,
    latest.lead_source,
    latest.status,
    latest.is_converted,
    latest.source_file,
    latest.source_line
from latest
inner join first_known
    on
        latest.source_system = first_known.source_system
        and latest.lead_id = first_known.lead_id
where not coalesce(latest.is_deleted, false)
