with quotas as (select * from {{ ref('core_quota_known') }}),

shares as (select * from {{ ref('core_quota_seat_share') }}),

months as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

plan_rates as (select * from {{ ref('core_plan_rate_version') }}),

measured as (
    select
        quotas.*,
        coalesce(quotas.force_rank = 1, false) as is_in_force,
        coalesce(shares.is_fully_ramped, true) as is_fully_ramped,
        coalesce(shares.is_in_seat_all_period, true) as is_in_seat_all_period,
        plan_rates.plan_rate,
        {{ at_rate('quotas.quota_amount_in_currency', 'plan_rates.plan_rate') }}
            as full_quota_amount,
        case
            when shares.quota_key is null or quotas.basis <> 'full' then 1
            else cast(shares.n_worked as double) / nullif(shares.n_counted, 0)
        end as seat_pct,
        case
            when shares.quota_key is null or quotas.basis <> 'full' then 1
            when shares.is_fully_ramped
                then cast(shares.n_worked as double) / nullif(shares.n_counted, 0)
            when first_month.starts_on is not null and last_month.starts_on is not null
                then shares.ramped_by_month
            else shares.ramped_by_day
        end as ramped_pct
    from quotas
    left join shares
        on
            quotas.quota_key = shares.quota_key
            and quotas.known_from_on = shares.known_from_on
    left join months as first_month on quotas.period_start_on = first_month.starts_on
    left join months as last_month on quotas.period_end_on = last_month.starts_on
    left join plan_rates
        on
            quotas.currency = plan_rates.currency
            and quotas.period_start_on >= plan_rates.valid_from
            and quotas.period_start_on < plan_rates.valid_to
            and quotas.known_from_on >= plan_rates.known_from_on
            and quotas.known_from_on < plan_rates.known_to_on
)

select
    quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,
    holder,
    period_start_on,
    period_end_on,
    quota_on,
    approved_at,
    quota_known_from_on,
    known_from_on,
    known_to_on,
    measure,
    version,
    status,
    declared_period,
    basis,
    has_own_credit,
    currency,
    is_in_force,
    is_fully_ramped,
    is_in_seat_all_period,
    source_file,
    source_line,
    quota_amount_in_currency,
    plan_rate,
    full_quota_amount,
    {{ part_of_quota('full_quota_amount', 'seat_pct') }} as prorated_quota_amount,
    {{ part_of_quota('full_quota_amount', 'ramped_pct') }} as quota_amount
from measured
