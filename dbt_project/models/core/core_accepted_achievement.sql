{{ config(materialized='view') }}

with wanted as (select * from {{ ref('core_wanted_measure') }}),

versions as (select * from {{ ref('core_opportunity_version') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

-- Opportunities that came as far as the stage in which sales accepts them, once each, for whoever
-- owned them then; one that is deleted later is taken back.
accepted_spans as (
    select
        wanted.measure,
        versions.opportunity_key,
        min(
            case
                when
                    not versions.is_deleted
                    and (
                        versions.status = 'won'
                        or versions.status = 'open'
                        and versions.stage_ordinal >= {{ var('accepted_from_stage') }}
                    )
                    then versions.known_from_on
            end
        ) as from_on,
        max(
            case
                when versions.is_deleted and versions.known_to = cast('9999-12-31' as timestamp)
                    then versions.known_from_on
            end
        ) as gone_on
    from wanted
    inner join versions on wanted.measure = 'accepted_opportunities'
    group by wanted.measure, versions.opportunity_key
)

select
    coalesce(owners.owner_id, 'unassigned') as participant_id,
    accepted_spans.measure,
    accepted_spans.from_on as effective_on,
    accepted_spans.from_on as recorded_on,
    'done' as cause,
    0 as n_bookings,
    cast(1 as decimal(18, 4)) as amount
from accepted_spans
left join owners
    on
        accepted_spans.opportunity_key = owners.opportunity_key
        and accepted_spans.from_on >= owners.valid_from_on
        and accepted_spans.from_on < owners.valid_to_on
where accepted_spans.from_on is not null

union all

select
    coalesce(owners.owner_id, 'unassigned') as participant_id,
    accepted_spans.measure,
    accepted_spans.from_on as effective_on,
    accepted_spans.gone_on as recorded_on,
    'taken_back' as cause,
    0 as n_bookings,
    cast(-1 as decimal(18, 4)) as amount
from accepted_spans
left join owners
    on
        accepted_spans.opportunity_key = owners.opportunity_key
        and accepted_spans.from_on >= owners.valid_from_on
        and accepted_spans.from_on < owners.valid_to_on
where accepted_spans.from_on is not null and accepted_spans.gone_on is not null
