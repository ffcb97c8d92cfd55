with events as (select * from {{ ref('core_dated_booking_event') }}),

booking_values as (select * from {{ ref('core_booking_value') }}),

shares as (select * from {{ ref('core_credit_share') }}),

quotas as (
    select quotas.*
    from {{ ref('core_quota_in_force') }} as quotas
    cross join {{ ref('core_latest_extract') }} as latest_extract
    where
        quotas.known_from_on <= latest_extract.as_of_on
        and quotas.known_to_on > latest_extract.as_of_on
),

-- A leader's own bookings are in the team's quota, where that is on these as well.
quotas_with_own as (
    select
        quota_key,
        participant_id,
        replace(measure, 'team_', '') as measure,
        period_start_on,
        period_end_on
    from quotas
    where has_own_credit
),

-- A booking is credited by the shares known at the end of the day it was recorded on, and again
-- whenever they change afterwards.
credited as (
    select
        events.*,
        shares.participant_id,
        shares.credit_type,
        shares.pool,
        shares.valid_from_on,
        shares.valid_to_on,
        shares.credit_pct,
        shares.source_file as share_source_file,
        shares.source_line as share_source_line,
        greatest(events.recorded_on, shares.valid_from_on) as given_on,
        shares.measure,
        -- An amount of the split's own is there as often as the deal is booked.
        {%- set valued = 'booking_values.n_valued * shares.share_amount_in_currency' %}
        {%- for name, rate in [
            ('plan', 'plan_rate'), ('booked', 'booking_rate'), ('spot', 'spot_rate')
        ] %}
        case
            when shares.share_amount_in_currency is null
                then {{ slice('events.' ~ name ~ '_amount') }}
            when booking_values.n_valued = events.n_bookings
                then {{ at_rate(valued, 'events.' ~ rate) }}
            else
                {{ at_rate(valued, 'events.' ~ rate) }}
                - {{ at_rate(valued, 'booking_values.was_' ~ rate) }}
        end as {{ name }}_amount_share,
        {%- endfor %}
        case
            when shares.share_amount_in_currency is null
                then {{ slice('events.amount_in_currency') }}
            else cast(events.n_bookings * shares.share_amount_in_currency as decimal(18, 4))
        end as amount_in_currency_share
    from events
    inner join booking_values on events.booking_event_id = booking_values.booking_event_id
    inner join shares
        on
            events.opportunity_key = shares.opportunity_key
            and events.recorded_on < shares.valid_to_on
    where shares.share_amount_in_currency is null or booking_values.n_valued <> 0
),

identified as (
    select
        *,
        -- A share that a split gave is the split's to say, all else the booking's.
        coalesce(share_source_file, source_file) as cited_file,
        case when share_source_file is null then source_line else share_source_line end
            as cited_line,
        {{ var('attainment_rate') }}_amount_share as amount_share,
        md5(
            booking_event_id || '|' || pool || '|' || participant_id || '|'
            || cast(given_on as varchar)
        ) as given_id
    from credited
),

ledger as (
    select
        given_id as credit_id,
        cast(null as varchar) as reversal_of,
        booking_event_id,
        opportunity_key,
        source_system,
        opportunity_id,
        account_id,
        participant_id,
        fiscal_month_key,
        fiscal_quarter_key,
        fiscal_year_key,
        effective_on,
        credit_type,
        measure,
        deal_type,
        currency,
        cited_file as source_file,
        cited_line as source_line,
        given_on as recorded_on,
        case when given_on = recorded_on then event else 'recredit' end as cause,
        1 as direction,
        credit_pct,
        n_bookings,
        amount_share,
        amount_in_currency_share,
        plan_amount_share,
        booked_amount_share,
        spot_amount_share
    from identified

    union all

    select
        md5(given_id || '|reversal') as credit_id,
        given_id as reversal_of,
        booking_event_id,
        opportunity_key,
        source_system,
        opportunity_id,
        account_id,
        participant_id,
        fiscal_month_key,
        fiscal_quarter_key,
        fiscal_year_key,
        effective_on,
        credit_type,
        measure,
        deal_type,
        currency,
        cited_file as source_file,
        cited_line as source_line,
        valid_to_on as recorded_on,
        'recredit' as cause,
        -1 as direction,
        credit_pct,
        n_bookings,
        amount_share,
        amount_in_currency_share,
        plan_amount_share,
        booked_amount_share,
        spot_amount_share
    from identified
    where valid_to_on < date '9999-12-31'
),

final as (
    select
        ledger.credit_id,
        ledger.reversal_of,
        ledger.booking_event_id,
        ledger.opportunity_key,
        ledger.source_system,
        ledger.opportunity_id,
        ledger.account_id,
        ledger.participant_id,
        coalesce(quotas.quota_key, quotas_with_own.quota_key) as quota_key,
        ledger.fiscal_month_key,
        ledger.fiscal_quarter_key,
        ledger.fiscal_year_key,
        ledger.effective_on as booked_on,
        ledger.recorded_on,
        ledger.credit_type,
        ledger.measure,
        ledger.deal_type,
        ledger.cause,
        case
            when quotas.quota_key is null and quotas_with_own.quota_key is null then 'no_quota'
            else 'in_quota'
        end as credit_state,
        ledger.currency,
        ledger.source_file,
        ledger.source_line,
        ledger.direction * ledger.n_bookings as n_bookings,
        ledger.credit_pct,
        ledger.direction * ledger.amount_share as credit_amount,
        ledger.direction * ledger.amount_in_currency_share as credit_amount_in_currency,
        ledger.direction * ledger.plan_amount_share as plan_credit_amount,
        ledger.direction * ledger.booked_amount_share as booked_credit_amount,
        ledger.direction * ledger.spot_amount_share as spot_credit_amount
    from ledger
    left join quotas
        on
            -- Quotas come from finance, deals from the CRM: sellers meet by their id.
            ledger.participant_id = quotas.participant_id
            and ledger.measure = quotas.measure
            and ledger.effective_on >= quotas.period_start_on
            and ledger.effective_on < quotas.period_end_on
    left join quotas_with_own
        on
            ledger.participant_id = quotas_with_own.participant_id
            and ledger.measure = quotas_with_own.measure
            and ledger.effective_on >= quotas_with_own.period_start_on
            and ledger.effective_on < quotas_with_own.period_end_on
)

select
    credit_id,
    reversal_of,
    booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    participant_id,
    quota_key,
    fiscal_month_key,
    fiscal_quarter_key,
    fiscal_year_key,

    booked_on,
    recorded_on,

    credit_type,
    measure,
    deal_type,
    cause,
    credit_state,
    currency,
    source_file,
    source_line,

    n_bookings,
    credit_pct,
    cast(credit_amount as decimal(18, 4)) as credit_amount,
    cast(credit_amount_in_currency as decimal(18, 4)) as credit_amount_in_currency,
    cast(plan_credit_amount as decimal(18, 4)) as plan_credit_amount,
    cast(booked_credit_amount as decimal(18, 4)) as booked_credit_amount,
    cast(spot_credit_amount as decimal(18, 4)) as spot_credit_amount
from final
