with parts as (select * from {{ ref('core_quota_part') }}),

-- Parts of several territories are one quota: it changes when one of them does.
points as (
    select
        participant_id,
        node,
        measure,
        period_start_on,
        period_end_on,
        known_from_on as point_on
    from parts

    union

    select
        participant_id,
        node,
        measure,
        period_start_on,
        period_end_on,
        known_to_on as point_on
    from parts
    where known_to_on < {{ open_end() }}
),

spans as (
    {{ ranges_between(
        'points', ['participant_id', 'node', 'measure', 'period_start_on', 'period_end_on']
    ) }}
),

-- Quotas of a span, added up.
held as (
    select
        min(parts.quota_key) as quota_key,
        min(parts.source_system) as source_system,
        spans.participant_id,
        spans.node,
        spans.period_start_on,
        spans.period_end_on,
        spans.known_from_on,
        spans.known_to_on,
        spans.measure,
        max(case when parts.has_own_credit then 1 else 0 end) = 1 as has_own_credit,
        min(case when parts.is_fully_ramped then 1 else 0 end) = 1 as is_fully_ramped,
        max(case when parts.is_in_seat_all_period then 1 else 0 end) = 1 as is_in_seat_all_period,
        min(parts.source_file) as source_file,
        min(parts.source_line) as source_line,
        count(*) as n_quotas,
        cast(sum(parts.full_quota_amount) as decimal(18, 4)) as full_quota_amount,
        cast(sum(parts.prorated_quota_amount) as decimal(18, 4)) as prorated_quota_amount,
        cast(sum(parts.quota_amount) as decimal(18, 4)) as quota_amount
    from spans
    inner join parts
        on
            coalesce(spans.participant_id, '') = coalesce(parts.participant_id, '')
            and coalesce(spans.node, '') = coalesce(parts.node, '')
            and spans.measure = parts.measure
            and spans.period_start_on = parts.period_start_on
            and spans.period_end_on = parts.period_end_on
            and spans.known_from_on >= parts.known_from_on
            and spans.known_from_on < parts.known_to_on
    group by
        spans.participant_id, spans.node, spans.period_start_on, spans.period_end_on,
        spans.known_from_on, spans.known_to_on, spans.measure
)

{{ merged_ranges(
    'held',
    by=['participant_id', 'node', 'measure', 'period_start_on', 'period_end_on'],
    says=[
        'quota_key', 'source_system', 'has_own_credit', 'is_fully_ramped', 'is_in_seat_all_period',
        'source_file', 'source_line', 'n_quotas', 'full_quota_amount', 'prorated_quota_amount',
        'quota_amount'
    ]
) }}
