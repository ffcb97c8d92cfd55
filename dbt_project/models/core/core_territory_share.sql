with assignments as (select * from {{ ref('core_territory_assignment') }}),

-- Days on which the territories of a seller changed.
points as (
    select
        participant_id,
        valid_from as point_on
    from assignments

    union

    select
        participant_id,
        valid_to as point_on
    from assignments
),

spans as (
    {{ ranges_between(
        'points', ['participant_id'], starts='valid_from', ends='valid_to', last_end='null'
    ) }}
),

-- What is not said is shared in equal parts.
weighed as (
    select
        spans.participant_id,
        spans.valid_from,
        spans.valid_to,
        assignments.source_system,
        assignments.territory_id,
        cast(coalesce(assignments.share_pct, 1) as double) as weight
    from spans
    inner join assignments
        on
            spans.participant_id = assignments.participant_id
            and spans.valid_from >= assignments.valid_from
            and spans.valid_from < assignments.valid_to
),

-- Every territory's slice of the whole: they lie side by side and reach exactly to its end.
slices as (
    select
        participant_id,
        valid_from,
        valid_to,
        source_system,
        territory_id,
        cast(
            sum(weight) over (
                partition by participant_id, valid_from order by source_system, territory_id
                rows between unbounded preceding and current row
            ) / sum(weight) over (partition by participant_id, valid_from)
            as decimal(12, 9)
        ) as ends_pct
    from weighed
)

select
    source_system,
    participant_id,
    territory_id,
    valid_from,
    valid_to,
    coalesce(
        lag(ends_pct) over (
            partition by participant_id, valid_from order by source_system, territory_id
        ),
        0
    ) as begins_pct,
    ends_pct
from slices
