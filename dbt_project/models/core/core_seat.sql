with delivered as (
    {{ known_versions('seat', ['participant_id', 'seat_state', 'valid_from']) }}
),

months as (
    {{ numbered_months() }}
),

calendar as (
    select min(starts_on) as starts_on
    from months
),

seats as (
    select
        source_system,
        participant_id,
        seat_state,
        {{ from_the_start('valid_from') }} as valid_from,
        {{ open_end('valid_to') }} as valid_to,
        known_from_on,
        known_to_on,
        plan_id,
        ramp_schedule_id,
        source_file,
        source_line
    from delivered
)

-- A ramp goes by fiscal months; before the calendar begins, by the calendar's own.
select
    seats.*,
    coalesce(
        months.month_number,
        1 - ({{ month_number('calendar.starts_on') }} - {{ month_number('seats.valid_from') }})
    ) as first_month_number,
    coalesce(months.starts_on = seats.valid_from, extract(day from seats.valid_from) = 1)
        as is_from_first_of_month
from seats
cross join calendar
left join months
    on
        seats.valid_from >= months.starts_on
        and seats.valid_from < months.next_starts_on
