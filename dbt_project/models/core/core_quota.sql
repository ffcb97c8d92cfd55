with versions as (select * from {{ ref('core_quota_version') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- What is known today, or else what will be known first: approved ahead, not in force yet.
ranked as (
    select
        versions.*,
        versions.known_from_on <= latest_extract.as_of_on as is_known,
        versions.known_to_on > latest_extract.as_of_on as is_still_known,
        row_number() over (
            partition by versions.quota_key
            order by
                versions.known_from_on <= latest_extract.as_of_on desc,
                case
                    when versions.known_from_on <= latest_extract.as_of_on
                        then versions.known_from_on
                end desc nulls last,
                versions.known_from_on
        ) as known_rank
    from versions
    cross join latest_extract
)

select
    quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,
    period_start_on,
    period_end_on,
    quota_on,
    approved_at,
    quota_known_from_on as known_from_on,
    measure,
    version,
    status,
    declared_period,
    basis,
    is_in_force and is_known as is_in_force,
    is_fully_ramped,
    is_in_seat_all_period,
    currency,
    source_file,
    source_line,
    quota_amount_in_currency,
    plan_rate,
    full_quota_amount,
    prorated_quota_amount,
    quota_amount
from ranked
where known_rank = 1 and is_still_known
