{{ config(materialized='view') }}

with wanted as (select * from {{ ref('core_wanted_measure') }}),

events as (select * from {{ ref('core_booking_event') }}),

shares as (select * from {{ ref('core_credit_share') }}),

delivered_lines as (
    {{ known_versions('opportunity_line', ['line_id']) }}
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
)

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
