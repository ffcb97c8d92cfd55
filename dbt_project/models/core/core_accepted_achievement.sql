{{ config(materialized='view') }}

with wanted as (select * from {{ ref('core_wanted_measure') }}),

versions as (select * from {{ ref('core_opportunity_version') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

-- Opportunities that came as far as the stage in which sales accepts them, once each.
accepted as (
    select
        wanted.measure,
        versions.opportunity_key,
        min(versions.known_from) as accepted_at,
        min(versions.known_from_on) as accepted_on
    from wanted
    inner join versions on wanted.measure = 'accepted_opportunities'
    where
        not versions.is_deleted
        and (
            versions.status = 'won'
            or versions.status = 'open'
            and versions.stage_ordinal >= {{ var('accepted_from_stage') }}
        )
    group by wanted.measure, versions.opportunity_key
),

-- One that is deleted later is taken back, and counts again when it is restored: a row each.
turns as (
    select
        opportunity_key,
        known_from,
        known_from_on,
        is_deleted,
        coalesce(
            lag(is_deleted) over (partition by opportunity_key order by known_from), false
        ) as was_deleted
    from versions
),

counted as (
    select
        measure,
        opportunity_key,
        accepted_on,
        accepted_on as recorded_on,
        true as is_done
    from accepted

    union all

    select
        accepted.measure,
        accepted.opportunity_key,
        accepted.accepted_on,
        turns.known_from_on as recorded_on,
        not turns.is_deleted as is_done
    from accepted
    inner join turns
        on
            accepted.opportunity_key = turns.opportunity_key
            and accepted.accepted_at < turns.known_from
            and turns.is_deleted <> turns.was_deleted
)

-- For whoever owned them when they were accepted.
select
    coalesce(owners.owner_id, 'unassigned') as participant_id,
    counted.measure,
    counted.accepted_on as effective_on,
    counted.recorded_on,
    case when counted.is_done then 'done' else 'taken_back' end as cause,
    0 as n_bookings,
    cast(case when counted.is_done then 1 else -1 end as decimal(18, 4)) as amount
from counted
left join owners
    on
        counted.opportunity_key = owners.opportunity_key
        and counted.accepted_on >= owners.valid_from_on
        and counted.accepted_on < owners.valid_to_on
