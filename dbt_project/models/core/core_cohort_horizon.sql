{#- Share of the observed decisions that a cohort of the horizon's age has behind it. -#}
{%- set decided_share = 0.95 -%}
{#- With fewer, the share is not told apart from the longest wait anybody happened to have. -#}
{%- set min_observed = 20 -%}
with leads as (select * from {{ ref('core_lead_outcome') }}),

passages as (select * from {{ ref('core_stage_passage') }}),

waits as (
    select
        source_system,
        'converted' as outcome,
        cast(null as varchar) as stage,
        {{ days_between('cohort_on', 'converted_on') }} as n_days
    from leads
    where is_converted

    union all

    select
        source_system,
        'won' as outcome,
        cast(null as varchar) as stage,
        {{ days_between('cohort_on', 'won_on') }} as n_days
    from leads

    union all

    -- A stage that was skipped was left at once and says nothing of how long one stays.
    select
        source_system,
        'stage_left' as outcome,
        stage,
        {{ days_between('entered_on', 'decided_on') }} as n_days
    from passages
    where has_own_entry
),

-- Days that are not on record, or in the wrong order, are no wait.
ranked as (
    select
        source_system,
        outcome,
        stage,
        n_days,
        cume_dist() over (
            partition by source_system, outcome, stage order by n_days
        ) as share_by_then
    from waits
    where n_days >= 0
)

select
    source_system,
    outcome,
    stage,
    case
        when count(*) >= {{ min_observed }}
            then min(case when share_by_then >= {{ decided_share }} then n_days end)
    end as horizon_days,
    count(*) as n_observed
from ranked
group by source_system, outcome, stage
