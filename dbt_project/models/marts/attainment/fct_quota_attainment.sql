with quotas as (select * from {{ ref('core_quota') }} where is_in_force),

credits as (select * from {{ ref('fct_credit') }}),

participants as (select * from {{ ref('core_participant_version') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

credited as (
    select
        quota_key,
        count(*) as n_credits,
        sum(credit_amount) as credit_amount
    from credits
    where quota_key is not null
    group by quota_key
),

measured as (
    select
        quotas.*,
        coalesce(credited.n_credits, 0) as n_credits,
        coalesce(credited.credit_amount, 0) as credit_amount,
        -- Team and manager as they were on the period's last day, or today while it runs.
        least({{ add_days('quotas.period_end_on', -1) }}, latest_extract.as_of_on) as seen_on,
        latest_extract.as_of_on
    from quotas
    cross join latest_extract
    left join credited on quotas.quota_key = credited.quota_key
)

select
    measured.quota_key,
    measured.source_system,
    measured.participant_id,
    participants.manager_id,

    measured.period_start_on,
    measured.period_end_on,

    coalesce(participants.participant_name, measured.participant_id) as participant_name,
    participants.manager_name,
    participants.team,
    participants.region,
    measured.measure,
    case
        when coalesce(measured.quota_amount, 0) = 0 then 'no_quota'
        when measured.as_of_on < measured.period_start_on then 'ahead'
        when measured.as_of_on < measured.period_end_on then 'running'
        else 'closed'
    end as attainment_state,
    measured.source_file,
    measured.source_line,

    measured.quota_amount,
    cast(measured.credit_amount as decimal(18, 4)) as credit_amount,
    {{ ratio('measured.credit_amount', 'measured.quota_amount') }} as attainment_pct,
    cast(measured.n_credits as bigint) as n_credits
from measured
left join participants
    on
        measured.participant_id = participants.participant_id
        and measured.seen_on >= participants.valid_from
        and measured.seen_on < participants.valid_to
