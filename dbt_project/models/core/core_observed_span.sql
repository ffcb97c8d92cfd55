{#- A system that keeps deals and has no booking yet has been observed for no day at all. -#}
{%- set never = "date '9999-12-31'" -%}
with versions as (select * from {{ ref('core_opportunity_version') }}),

events as (select * from {{ ref('core_booking_event') }}),

systems as (
    select distinct source_system
    from versions
),

-- What comes in and is taken back on one day leaves no booking there.
standing as (
    select
        source_system,
        effective_on
    from events
    where effective_on is not null
    group by source_system, effective_on
    having sum(n_bookings) > 0
)

select
    systems.source_system,
    coalesce(min(standing.effective_on), {{ never }}) as first_observed_on,
    max(standing.effective_on) as last_observed_on
from systems
left join standing on systems.source_system = standing.source_system
group by systems.source_system
