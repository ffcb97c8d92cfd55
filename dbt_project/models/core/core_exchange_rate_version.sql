with rates as (
    {{ known_versions('exchange_rate', ['rate_on', 'base_currency', 'quote_currency']) }}
),

batches as (select * from {{ source('control', 'batches') }}),

extract_days as (
    select distinct extract_on
    from batches
    where status = 'loaded'
),

-- The last extract, of any system, that went without what became known on a day.
without as (
    select
        learnt.known_from_on,
        max(extract_days.extract_on) as extract_on
    from (select distinct rates.known_from_on from rates) as learnt
    left join extract_days on learnt.known_from_on > extract_days.extract_on
    group by learnt.known_from_on
),

ranked as (
    select
        rates.*,
        without.extract_on as unknown_on,
        row_number() over (
            partition by rates.rate_on, rates.base_currency, rates.quote_currency
            order by rates.known_from_on
        ) as turn
    from rates
    inner join without on rates.known_from_on = without.known_from_on
)

-- A rate is published on its day. It counts from then on, not only from its delivery, unless an
-- extract in between went without it.
select
    rate_on,
    base_currency,
    quote_currency,
    case
        when turn > 1 or unknown_on is null then known_from_on
        else least(known_from_on, greatest(rate_on, {{ add_days('unknown_on', 1) }}))
    end as known_from_on,
    known_to_on,
    rate
from ranked
