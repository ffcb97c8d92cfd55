with controls as (select * from {{ ref('core_credit_control') }}),

attainment as (select * from {{ ref('fct_quota_attainment') }} where measure = 'bookings'),

-- Periods of the seller calendar, newest first.
calendar as (
    select
        source_system,
        period_start_on,
        dense_rank() over (partition by source_system order by period_start_on desc) as periods_back
    from (
        select distinct
            attainment.source_system,
            attainment.period_start_on
        from attainment
    ) as starts
),

credited as (
    select
        controls.source_system,
        controls.participant_id,
        controls.control_name,
        min(attainment.period_start_on) as first_period_start_on,
        sum(attainment.credit_amount) as credit_amount
    from controls
    inner join calendar
        on
            controls.source_system = calendar.source_system
            and controls.n_periods >= calendar.periods_back
    inner join attainment
        on
            controls.source_system = attainment.source_system
            and controls.participant_id = attainment.participant_id
            and calendar.period_start_on = attainment.period_start_on
    group by controls.source_system, controls.participant_id, controls.control_name
)

select
    md5(controls.source_system || '|' || controls.participant_id || '|' || controls.control_name)
        as credit_control_key,
    controls.source_system,
    controls.participant_id,

    credited.first_period_start_on,

    controls.control_name,
    controls.source_file,
    controls.source_line,

    cast(controls.n_periods as integer) as n_periods,
    controls.control_amount,
    cast(coalesce(credited.credit_amount, 0) as decimal(18, 4)) as credit_amount,
    cast(coalesce(credited.credit_amount, 0) - controls.control_amount as decimal(18, 4))
        as difference_amount
from controls
left join credited
    on
        controls.source_system = credited.source_system
        and controls.participant_id = credited.participant_id
        and controls.control_name = credited.control_name
