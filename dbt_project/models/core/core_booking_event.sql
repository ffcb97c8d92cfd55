{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with versions as (select * from {{ ref('core_opportunity_version') }}),

deal_types as (select * from {{ ref('core_deal_type') }}),

changed as (select * from {{ ref('core_changed_opportunity') }}),

states as (
    select
        versions.opportunity_key,
        versions.source_system,
        versions.opportunity_id,
        versions.account_id,
        versions.opportunity_type,
        deal_types.deal_type,
        versions.known_from,
        versions.known_from_on,
        versions.close_on,
        versions.currency,
        versions.amount_in_currency,
        versions.is_deleted,
        versions.source_file,
        versions.source_line,
        versions.status = 'won' and not versions.is_deleted
        and versions.close_on is not null as is_booked
    from versions
    left join deal_types
        on
            versions.source_system = deal_types.source_system
            and lower(trim(versions.opportunity_type)) = deal_types.source_value
    {% if is_incremental() -%}
    where versions.opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

-- What the deal was just before, and whether it ever was a booking.
compared as (
    select
        *,
        lag(is_booked) over by_deal as was_booked,
        lag(account_id) over by_deal as was_account_id,
        lag(opportunity_type) over by_deal as was_opportunity_type,
        lag(deal_type) over by_deal as was_deal_type,
        lag(close_on) over by_deal as was_close_on,
        lag(currency) over by_deal as was_currency,
        lag(amount_in_currency) over by_deal as was_amount,
        max(case when is_booked then 1 else 0 end) over (
            partition by opportunity_key order by known_from
            rows between unbounded preceding and 1 preceding
        ) as n_before
    from states
    window by_deal as (partition by opportunity_key order by known_from)
),

moves as (
    select
        *,
        is_booked and coalesce(was_booked, false) as stays_booked,
        coalesce(close_on, date '1900-01-01') <> coalesce(was_close_on, date '1900-01-01')
            as is_on_another_day,
        currency <> was_currency as is_in_another_currency,
        -- Another word for the same type moves nothing.
        coalesce(deal_type, '') <> coalesce(was_deal_type, '') as is_of_another_type,
        coalesce(account_id, '') <> coalesce(was_account_id, '') as is_of_another_account,
        coalesce(amount_in_currency, 0) <> coalesce(was_amount, 0)
        or (amount_in_currency is null) <> (was_amount is null) as is_of_another_amount
    from compared
    where is_booked or was_booked
),

placed as (
    select
        *,
        is_on_another_day
        or is_in_another_currency
        or is_of_another_type
        or is_of_another_account as is_in_another_place
    from moves
),

-- A booking that moves to another day, currency, type or account is taken out there, put in here.
taken_out as (
    select
        'out' as leg,
        case when stays_booked then 'adjust' else 'reverse' end as event,
        case
            when is_deleted then 'deleted'
            when not is_booked then 'un_won'
            when is_on_another_day then 'close_date'
            when is_in_another_currency then 'currency'
            when is_of_another_type then 'type'
            else 'account'
        end as reason,
        opportunity_key,
        source_system,
        opportunity_id,
        was_account_id as account_id,
        was_opportunity_type as opportunity_type,
        known_from,
        known_from_on,
        was_close_on as effective_on,
        was_currency as currency,
        source_file,
        source_line,
        -1 as n_bookings,
        was_amount as amount_before_in_currency,
        cast(null as decimal(18, 4)) as amount_after_in_currency
    from placed
    where was_booked and (not is_booked or is_in_another_place)
),

put_in as (
    select
        'in' as leg,
        case
            when stays_booked then 'adjust'
            when n_before = 1 then 'rebook'
            else 'book'
        end as event,
        case
            when not stays_booked and n_before = 1 then 'won_again'
            when not stays_booked then 'won'
            when is_on_another_day then 'close_date'
            when is_in_another_currency then 'currency'
            when is_of_another_type then 'type'
            when is_of_another_account then 'account'
            else 'amount'
        end as reason,
        opportunity_key,
        source_system,
        opportunity_id,
        account_id,
        opportunity_type,
        known_from,
        known_from_on,
        close_on as effective_on,
        currency,
        source_file,
        source_line,
        case when stays_booked and not is_in_another_place then 0 else 1 end as n_bookings,
        case when stays_booked and not is_in_another_place then was_amount end
            as amount_before_in_currency,
        amount_in_currency as amount_after_in_currency
    from placed
    where is_booked and (not stays_booked or is_in_another_place or is_of_another_amount)
),

events as (
    select * from taken_out
    union all
    select * from put_in
)

select
    md5(opportunity_key || '|' || cast(known_from as varchar) || '|' || leg) as booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    effective_on,
    known_from as recorded_at,
    known_from_on as recorded_on,
    event,
    reason,
    opportunity_type,
    currency,
    source_file,
    source_line,
    n_bookings,
    amount_before_in_currency,
    amount_after_in_currency,
    amount_before_in_currency is null and amount_after_in_currency is null as is_amount_missing
from events
