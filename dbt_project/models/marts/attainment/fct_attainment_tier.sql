with attainment as (select * from {{ ref('fct_quota_attainment') }}),

seats as (select * from {{ ref('core_seat') }} where seat_state = 'active'),

tiers as (select * from {{ ref('core_comp_tier') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- The plan of a period is that of its last seat, up to today while it runs: whoever left within the
-- period is paid for what they did until then.
seated as (
    select
        attainment.quota_key,
        attainment.participant_id,
        attainment.measure,
        attainment.period_start_on,
        attainment.period_end_on,
        attainment.participant_name,
        attainment.attainment_state,
        attainment.quota_amount,
        attainment.credit_amount,
        attainment.attainment_pct,
        seats.plan_id,
        row_number() over (
            partition by
                attainment.participant_id, attainment.measure, attainment.period_start_on,
                attainment.period_end_on
            order by seats.valid_from desc
        ) as seat_rank
    from attainment
    cross join latest_extract
    inner join seats
        on
            attainment.participant_id = seats.participant_id
            and latest_extract.as_of_on >= seats.known_from_on
            and latest_extract.as_of_on < seats.known_to_on
            and least({{ add_days('attainment.period_end_on', -1) }}, latest_extract.as_of_on)
            >= seats.valid_from
            and attainment.period_start_on < seats.valid_to
    where attainment.quota_amount > 0
),

planned as (select * from seated where seat_rank = 1),

ranked_versions as (
    select
        plan_id,
        measure,
        version,
        row_number() over (
            partition by plan_id, measure
            order by {{ version_order('version') }} desc nulls last, version desc
        ) as version_rank
    from (
        select distinct
            plan_id,
            measure,
            version
        from tiers
    ) as known
),

versions as (select * from ranked_versions where version_rank = 1),

bands as (
    select
        planned.*,
        tiers.version as plan_version,
        tiers.tier_kind,
        tiers.commission_pct,
        coalesce(tiers.currency, '{{ var("currency") }}') as cap_currency,
        tiers.cap_amount as cap_amount_in_currency,
        tiers.lower_pct,
        tiers.upper_pct,
        planned.quota_amount * tiers.lower_pct as lower_amount,
        planned.quota_amount * tiers.upper_pct as upper_amount,
        row_number() over (
            partition by
                planned.participant_id, planned.measure, planned.period_start_on,
                planned.period_end_on
            order by tiers.lower_pct
        ) as tier_number
    from planned
    inner join versions
        on
            planned.plan_id = versions.plan_id
            and planned.measure = versions.measure
    inner join tiers
        on
            versions.plan_id = tiers.plan_id
            and versions.measure = tiers.measure
            and versions.version = tiers.version
),

-- A cap is worth what the quota's rate makes of it: that of the period's first day.
capped as (
    select
        bands.*,
        {{ document_at_rate('bands.cap_amount_in_currency', 'plan_rates.plan_rate') }} as cap_amount
    from bands
    left join plan_rates
        on
            bands.cap_currency = plan_rates.currency
            and bands.period_start_on >= plan_rates.valid_from
            and bands.period_start_on < plan_rates.valid_to
),

reached as (
    select
        *,
        credit_amount >= lower_amount as is_reached,
        -- Marginal (M13): every band pays its own rate on what lies in it.
        commission_pct * greatest(
            least(credit_amount, coalesce(upper_amount, credit_amount)) - lower_amount, 0
        ) as band_payout_amount
    from capped
),

positions as (
    select
        quota_key,
        participant_id,
        measure,
        period_start_on,
        period_end_on,
        participant_name,
        attainment_state,
        plan_id,
        plan_version,
        max(tier_kind) as tier_kind,
        quota_amount,
        credit_amount,
        attainment_pct,
        count(*) as n_tiers,
        max(case when is_reached then tier_number else 0 end) as tier_reached,
        max(case when is_reached then lower_pct end) as tier_lower_pct,
        min(case when not is_reached then lower_amount - credit_amount end)
            as credit_to_next_tier_amount,
        min(case when cap_amount_in_currency is not null then cap_currency end) as cap_currency,
        min(cap_amount_in_currency) as cap_amount_in_currency,
        min(cap_amount) as cap_amount,
        sum(band_payout_amount) as marginal_amount
    from reached
    group by
        quota_key, participant_id, measure, period_start_on, period_end_on, participant_name,
        attainment_state, plan_id, plan_version, quota_amount, credit_amount, attainment_pct
),

-- Retroactive (M13): the rate of the highest band reached, on everything.
paid as (
    select
        positions.*,
        coalesce(top_tier.commission_pct, 0) * greatest(positions.credit_amount, 0)
            as retroactive_amount
    from positions
    left join reached as top_tier
        on
            positions.participant_id = top_tier.participant_id
            and positions.measure = top_tier.measure
            and positions.period_start_on = top_tier.period_start_on
            and positions.period_end_on = top_tier.period_end_on
            and positions.tier_reached = top_tier.tier_number
)

select
    quota_key,
    participant_id,
    plan_id,

    period_start_on,
    period_end_on,

    participant_name,
    measure,
    attainment_state,
    plan_version,
    tier_kind,
    cap_currency,

    quota_amount,
    credit_amount,
    attainment_pct,
    n_tiers,
    tier_reached,
    tier_lower_pct,
    cast(credit_to_next_tier_amount as decimal(18, 4)) as credit_to_next_tier_amount,
    cap_amount_in_currency,
    cap_amount,
    cast(least(marginal_amount, coalesce(cap_amount, marginal_amount)) as decimal(18, 4))
        as marginal_estimate_amount,
    cast(least(retroactive_amount, coalesce(cap_amount, retroactive_amount)) as decimal(18, 4))
        as retroactive_estimate_amount,
    cast(
        case
            when tier_kind = 'retroactive'
                then least(retroactive_amount, coalesce(cap_amount, retroactive_amount))
            else least(marginal_amount, coalesce(cap_amount, marginal_amount))
        end as decimal(18, 4)
    ) as payout_estimate_amount
from paid
