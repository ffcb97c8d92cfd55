{#-
    On no day are the shares of a seller's territories anything but one whole, or said of some of
    them only.
-#}
{% test territory_shares_add_up(model) %}
with assignments as (select * from {{ model }}),

-- The territories of a seller are others from these days on.
days as (
    select
        participant_id,
        valid_from as day_on
    from assignments

    union

    select
        participant_id,
        valid_to as day_on
    from assignments
),

totals as (
    select
        days.participant_id,
        days.day_on,
        count(*) as n_territories,
        count(assignments.share_pct) as n_shares,
        sum(assignments.share_pct) as share_pct,
        min(assignments.share_pct) as least_share_pct
    from days
    inner join assignments
        on
            days.participant_id = assignments.participant_id
            and days.day_on >= assignments.valid_from
            and days.day_on < assignments.valid_to
    group by days.participant_id, days.day_on
)

select *
from totals
where
    n_shares > 0
    and (n_shares < n_territories or abs(share_pct - 1) > 0.000001 or least_share_pct <= 0)
{% endtest %}
