{#- Days at the end of a period that are shown apart. -#}
{%- set n_last_days = 14 -%}
with credits as (select * from {{ ref('fct_credit') }} where measure = 'bookings'),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

months as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

daily as (
    select
        participant_id,
        fiscal_quarter_key,
        fiscal_month_key,
        booked_on,
        sum(credit_amount) as amount
    from credits
    group by participant_id, fiscal_quarter_key, fiscal_month_key, booked_on
),

month_numbers as (
    select
        months.period_key as fiscal_month_key,
        quarters.period_key as fiscal_quarter_key,
        quarters.starts_on,
        quarters.next_starts_on,
        row_number() over (
            partition by quarters.period_key order by months.starts_on
        ) as month_number
    from quarters
    inner join months
        on
            quarters.starts_on <= months.starts_on
            and quarters.next_starts_on > months.starts_on
),

placed as (
    select
        month_numbers.fiscal_quarter_key,
        month_numbers.starts_on,
        month_numbers.next_starts_on,
        month_numbers.month_number,
        participants.region,
        participants.team,
        {{ days_between('daily.booked_on', 'month_numbers.next_starts_on') }} <= {{ n_last_days }}
            as is_late,
        daily.amount
    from daily
    inner join month_numbers on daily.fiscal_month_key = month_numbers.fiscal_month_key
    left join participants
        on
            daily.participant_id = participants.participant_id
            and daily.booked_on >= participants.valid_from
            and daily.booked_on < participants.valid_to
),

by_node as (
    select
        'company' as node_key,
        'company' as node_type,
        false as is_unassigned,
        placed.*
    from placed

    union all

    select
        {{ region_node('placed.region') }} as node_key,
        'region' as node_type,
        placed.region is null as is_unassigned,
        placed.*
    from placed

    union all

    select
        {{ team_node('placed.region', 'placed.team') }} as node_key,
        'team' as node_type,
        placed.team is null as is_unassigned,
        placed.*
    from placed
),

-- Reversals count in the quarter of their booking; what is negative there stands apart.
summed as (
    select
        node_key,
        node_type,
        is_unassigned,
        fiscal_quarter_key,
        starts_on,
        next_starts_on,
        {%- for number in [1, 2, 3] %}
        sum(case when month_number = {{ number }} then amount else 0 end)
            as month_{{ number }}_amount,
        {%- endfor %}
        sum(case when is_late then amount else 0 end) as last_14_days_amount,
        sum(case when amount < 0 then amount else 0 end) as negative_amount,
        sum(amount) as booked_amount
    from by_node
    group by
        node_key, node_type, is_unassigned, fiscal_quarter_key, starts_on, next_starts_on
)

select
    md5(summed.node_key || '|' || summed.fiscal_quarter_key) as linearity_key,
    summed.node_key,
    summed.fiscal_quarter_key,

    summed.starts_on as period_start_on,
    summed.next_starts_on as period_end_on,

    summed.node_type,
    summed.is_unassigned,
    latest_extract.as_of_on < summed.next_starts_on as is_running,

    cast(summed.booked_amount as decimal(18, 4)) as booked_amount,
    cast(summed.negative_amount as decimal(18, 4)) as negative_amount,
    {%- for number in [1, 2, 3] %}
    {%- set month = 'summed.month_' ~ number ~ '_amount' %}
    cast({{ month }} as decimal(18, 4)) as month_{{ number }}_amount,
    case
        when summed.booked_amount > 0
            then {{ ratio(month, 'summed.booked_amount') }}
    end as month_{{ number }}_pct,
    {%- endfor %}
    cast(summed.last_14_days_amount as decimal(18, 4)) as last_14_days_amount,
    case
        when summed.booked_amount > 0
            then {{ ratio('summed.last_14_days_amount', 'summed.booked_amount') }}
    end as last_14_days_pct
from summed
cross join latest_extract
