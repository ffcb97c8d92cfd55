with quotas as (select * from {{ ref('core_quota_in_force') }}),

achievements as (select * from {{ ref('fct_achievement') }}),

curve as (select * from {{ ref('fct_booking_curve') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

in_force as (
    select
        quotas.*,
        latest_extract.as_of_on,
        -- Team and manager as they were on the period's last day, or today while it runs.
        least({{ add_days('quotas.period_end_on', -1) }}, latest_extract.as_of_on) as seen_on
    from quotas
    cross join latest_extract
    where
        quotas.participant_id is not null
        and quotas.known_from_on <= latest_extract.as_of_on
        and quotas.known_to_on > latest_extract.as_of_on
),

achieved as (
    select
        in_force.participant_id,
        in_force.measure,
        in_force.period_start_on,
        in_force.period_end_on,
        sum(achievements.n_bookings) as n_credits,
        sum(achievements.achieved_amount) as credit_amount
    from in_force
    inner join achievements
        on
            in_force.participant_id = achievements.participant_id
            and in_force.measure = achievements.measure
            and in_force.period_start_on <= achievements.effective_on
            and in_force.period_end_on > achievements.effective_on
    group by
        in_force.participant_id, in_force.measure, in_force.period_start_on,
        in_force.period_end_on
),

measured as (
    select
        in_force.*,
        coalesce(achieved.n_credits, 0) as n_credits,
        coalesce(achieved.credit_amount, 0) as credit_amount
    from in_force
    left join achieved
        on
            in_force.participant_id = achieved.participant_id
            and in_force.measure = achieved.measure
            and in_force.period_start_on = achieved.period_start_on
            and in_force.period_end_on = achieved.period_end_on
),

-- Expected by now from the company's own course of earlier periods (M9); all of it once it is over.
paced as (
    select
        measured.*,
        curve.n_reference_periods as n_pace_periods,
        curve.is_straight_line as is_pace_straight_line,
        case
            when measured.as_of_on < measured.period_start_on then 0
            else curve.expected_share_pct
        end as expected_share_pct
    from measured
    left join curve
        on
            measured.period_start_on = curve.period_start_on
            and measured.period_end_on = curve.period_end_on
            and greatest(measured.seen_on, measured.period_start_on) = curve.day_on
)

select
    paced.quota_key,
    paced.source_system,
    paced.participant_id,
    participants.manager_id,

    paced.period_start_on,
    paced.period_end_on,

    coalesce(participants.participant_name, paced.participant_id) as participant_name,
    participants.manager_name,
    participants.team,
    participants.region,
    paced.measure,
    case
        when coalesce(paced.quota_amount, 0) = 0 then 'no_quota'
        when paced.as_of_on < paced.period_start_on then 'ahead'
        when paced.as_of_on < paced.period_end_on then 'running'
        else 'closed'
    end as attainment_state,
    coalesce(paced.has_own_credit, false) as has_own_credit,
    paced.is_fully_ramped,
    paced.is_in_seat_all_period,
    coalesce(paced.is_pace_straight_line, true) as is_pace_straight_line,
    paced.source_file,
    paced.source_line,

    paced.full_quota_amount,
    paced.prorated_quota_amount,
    paced.quota_amount,
    cast(paced.credit_amount as decimal(18, 4)) as credit_amount,
    {{ ratio('paced.credit_amount', 'paced.quota_amount') }} as attainment_pct,
    {{ ratio('paced.credit_amount', 'paced.full_quota_amount') }} as attainment_full_pct,
    cast(greatest(paced.quota_amount - paced.credit_amount, 0) as decimal(18, 4)) as gap_amount,
    cast(greatest(paced.credit_amount - paced.quota_amount, 0) as decimal(18, 4))
        as excess_amount,
    coalesce(paced.n_pace_periods, 0) as n_pace_periods,
    paced.expected_share_pct,
    paced.credit_amount / nullif(cast(paced.quota_amount as double) * paced.expected_share_pct, 0)
        as pace_attainment_pct,
    cast(paced.n_credits as bigint) as n_credits
from paced
left join participants
    on
        paced.participant_id = participants.participant_id
        and paced.seen_on >= participants.valid_from
        and paced.seen_on < participants.valid_to
