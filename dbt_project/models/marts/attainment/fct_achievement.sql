with credits as (select * from {{ ref('fct_credit') }}),

events as (select * from {{ ref('core_booking_event') }}),

shares as (select * from {{ ref('core_credit_share') }}),

closure as (select * from {{ ref('core_org_closure') }}),

versions as (select * from {{ ref('core_opportunity_version') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

quotas as (select * from {{ ref('core_quota_in_force') }}),

delivered_lines as (
    {{ known_versions('opportunity_line', ['line_id']) }}
),

delivered_activities as (
    {{ union_entity('activity') }}
),

-- What nobody has a quota for is not counted, bookings always.
wanted as (
    select distinct replace(measure, 'team_', '') as measure
    from quotas

    union

    select 'bookings' as measure
),

credited as (
    select
        participant_id,
        measure,
        booked_on as effective_on,
        recorded_on,
        cause,
        n_bookings,
        credit_amount as amount
    from credits

    union all

    select
        credits.participant_id,
        wanted.measure,
        credits.booked_on as effective_on,
        credits.recorded_on,
        credits.cause,
        credits.n_bookings,
        credits.credit_amount as amount
    from credits
    inner join wanted on wanted.measure = 'new_logo_bookings'
    where credits.deal_type = 'new' and credits.measure = 'bookings'
),

-- Units sold: the quantities on the deal's lines, as long as it is booked, by the direct shares.
booked_spans as (
    select
        opportunity_key,
        source_system,
        opportunity_id,
        effective_on,
        n_bookings,
        recorded_on as from_on,
        coalesce(
            lead(recorded_on) over (
                partition by opportunity_key order by recorded_at, n_bookings
            ),
            date '9999-12-31'
        ) as to_on
    from events
    where n_bookings <> 0
),

unit_spans as (
    select
        shares.participant_id,
        wanted.measure,
        booked_spans.effective_on,
        greatest(
            booked_spans.from_on, delivered_lines.known_from_on, shares.valid_from_on
        ) as from_on,
        least(booked_spans.to_on, delivered_lines.known_to_on, shares.valid_to_on) as to_on,
        {{ slice('delivered_lines.quantity') }} as amount
    from wanted
    inner join booked_spans on booked_spans.n_bookings = 1
    inner join delivered_lines
        on
            booked_spans.source_system = delivered_lines.source_system
            and booked_spans.opportunity_id = delivered_lines.opportunity_id
            and booked_spans.from_on < delivered_lines.known_to_on
            and booked_spans.to_on > delivered_lines.known_from_on
    inner join shares
        on
            booked_spans.opportunity_key = shares.opportunity_key
            and shares.pool = 'direct'
            and booked_spans.from_on < shares.valid_to_on
            and booked_spans.to_on > shares.valid_from_on
    where wanted.measure = 'units'
),

units as (
    select
        participant_id,
        measure,
        effective_on,
        from_on as recorded_on,
        'done' as cause,
        0 as n_bookings,
        amount
    from unit_spans
    where from_on < to_on

    union all

    select
        participant_id,
        measure,
        effective_on,
        to_on as recorded_on,
        'taken_back' as cause,
        0 as n_bookings,
        -amount as amount
    from unit_spans
    where from_on < to_on and to_on < date '9999-12-31'
),

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
),

accepted as (
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
),

-- Activities that are done, from when that was recorded.
activity_versions as (
    select
        wanted.measure,
        delivered_activities.source_system,
        delivered_activities.activity_id,
        delivered_activities.owner_id,
        delivered_activities.occurred_on,
        delivered_activities.recorded_at,
        coalesce(delivered_activities.is_completed, false)
        and delivered_activities.op = 'upsert'
        and not coalesce(delivered_activities.is_deleted, false) as is_done,
        lead(delivered_activities.recorded_at) over (
            partition by delivered_activities.source_system, delivered_activities.activity_id
            order by delivered_activities.extracted_at, delivered_activities.recorded_at
        ) as next_recorded_at
    from wanted
    inner join delivered_activities on wanted.measure = 'activities'
),

activities as (
    select
        coalesce(owner_id, 'unassigned') as participant_id,
        measure,
        occurred_on as effective_on,
        {{ local_date('recorded_at') }} as recorded_on,
        'done' as cause,
        0 as n_bookings,
        cast(1 as decimal(18, 4)) as amount
    from activity_versions
    where is_done

    union all

    select
        coalesce(owner_id, 'unassigned') as participant_id,
        measure,
        occurred_on as effective_on,
        {{ local_date('next_recorded_at') }} as recorded_on,
        'taken_back' as cause,
        0 as n_bookings,
        cast(-1 as decimal(18, 4)) as amount
    from activity_versions
    where is_done and next_recorded_at is not null
),

everything as (
    select * from credited
    union all
    select * from units
    union all
    select * from accepted
    union all
    select * from activities
),

own as (
    select
        participant_id,
        measure,
        effective_on,
        recorded_on,
        cause,
        sum(n_bookings) as n_bookings,
        -- Bookings without an amount count in their number alone (C9).
        coalesce(sum(amount), 0) as amount
    from everything
    group by participant_id, measure, effective_on, recorded_on, cause
),

wanted_of_teams as (
    select distinct measure
    from quotas
    where substring(measure, 1, 5) = 'team_'
),

-- Whose quota on a team is on their own achievements as well, by the convention of its source.
wanted_with_own as (
    select distinct
        participant_id,
        measure
    from quotas
    where has_own_credit
),

-- What the people below somebody achieved, by who was known to be above them on the day that
-- counts.
below as (
    select
        closure.ancestor_id,
        closure.known_from_on,
        closure.known_to_on,
        wanted_of_teams.measure,
        own.effective_on,
        own.recorded_on,
        own.cause,
        own.n_bookings,
        own.amount
    from own
    inner join wanted_of_teams on 'team_' || own.measure = wanted_of_teams.measure
    inner join closure
        on
            own.participant_id = closure.descendant_id
            and own.effective_on >= closure.valid_from
            and own.effective_on < closure.valid_to
            and own.recorded_on < closure.known_to_on
    left join wanted_with_own
        on
            closure.ancestor_id = wanted_with_own.participant_id
            and wanted_of_teams.measure = wanted_with_own.measure
    where closure.distance > 0 or wanted_with_own.participant_id is not null
),

-- Who is found to have been above them later has it from then on, and somebody else no longer.
passed_on as (
    select
        ancestor_id,
        measure,
        effective_on,
        greatest(recorded_on, known_from_on) as recorded_on,
        case when known_from_on > recorded_on then 'recredit' else cause end as cause,
        n_bookings,
        amount
    from below

    union all

    select
        ancestor_id,
        measure,
        effective_on,
        known_to_on as recorded_on,
        'recredit' as cause,
        -n_bookings as n_bookings,
        -amount as amount
    from below
    where known_to_on < {{ open_end() }}
),

of_teams as (
    select
        ancestor_id as participant_id,
        measure,
        effective_on,
        recorded_on,
        cause,
        sum(n_bookings) as n_bookings,
        sum(amount) as amount
    from passed_on
    group by ancestor_id, measure, effective_on, recorded_on, cause
    having cause <> 'recredit' or sum(n_bookings) <> 0 or sum(amount) <> 0
),

achievements as (
    select * from own
    union all
    select * from of_teams
)

select
    md5(
        participant_id || '|' || measure || '|' || cast(effective_on as varchar) || '|'
        || cast(recorded_on as varchar) || '|' || cause
    ) as achievement_key,
    participant_id,

    effective_on,
    recorded_on,

    measure,
    cause,

    cast(n_bookings as bigint) as n_bookings,
    cast(amount as decimal(18, 4)) as achieved_amount
from achievements
where effective_on is not null
