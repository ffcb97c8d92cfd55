{#-
    Steps from `delivered` (versions of Salesforce quotas) to `quotas`, in which the quotas of one
    user, measure, currency and start are one: the sum of its parts as known at each moment at which
    one of them changed, under the id of the first. It is gone when all parts are.
-#}
{% macro quotas_of_parts() -%}
said as (
    select
        *,
        md5(
            quota_owner_id || '|' || measure || '|' || coalesce(currency_iso_code, '') || '|'
            || coalesce(cast(start_date as varchar), '')
        ) as whole,
        lead(_recorded_at) over (
            partition by id order by _recorded_at, _extracted_at
        ) as next_recorded_at
    from delivered
),

moments as (
    select
        whole,
        _recorded_at as moment_at
    from said

    union

    select
        whole,
        next_recorded_at as moment_at
    from said
    where next_recorded_at is not null
),

-- A part that was deleted, or is another user's by now, is none.
parts as (
    select
        moments.whole,
        moments.moment_at,
        said.id,
        said._extracted_at as extracted_at,
        row_number() over (
            partition by moments.whole, moments.moment_at
            order by said._recorded_at desc, said._extracted_at desc, said.id asc
        ) as place,
        sum(case when said._op = 'upsert' then said.quota_amount end) over (
            partition by moments.whole, moments.moment_at
        ) as whole_amount,
        max(case when said._op = 'upsert' then 1 else 0 end) over (
            partition by moments.whole, moments.moment_at
        ) = 1 as is_there,
        max(said._extracted_at) over (
            partition by moments.whole, moments.moment_at
        ) as newest_extracted_at,
        min(said.id) over (partition by moments.whole) as first_id,
        said._recorded_at as part_recorded_at
    from moments
    inner join said
        on
            moments.whole = said.whole
            and moments.moment_at >= said._recorded_at
            and (said.next_recorded_at is null or moments.moment_at < said.next_recorded_at)
),

quotas as (
    select
        parts.first_id as id,
        said.quota_owner_id,
        said.measure,
        said.created_date,
        said.start_date,
        said.currency_iso_code,
        cast(parts.whole_amount as decimal(18, 4)) as quota_amount,
        parts.moment_at as _recorded_at,
        parts.newest_extracted_at as _extracted_at,
        case when parts.is_there then 'upsert' else 'delete' end as _op,
        said._batch_id,
        said._file,
        said._line
    from parts
    inner join said
        on
            parts.whole = said.whole
            and parts.id = said.id
            and parts.part_recorded_at = said._recorded_at
            and parts.extracted_at = said._extracted_at
    where parts.place = 1
),
{%- endmacro %}

{#-
    The part of a quota that counts, in cents. A converted quota has fractions of a cent: all of it
    is not rounded, and a part never comes to more (M6, M7).
-#}
{% macro part_of_quota(amount, pct) -%}
    case
        when {{ pct }} = 1 then {{ amount }}
        else least(
            cast(round(cast({{ amount }} as double) * {{ pct }}, 2) as decimal(18, 4)), {{ amount }}
        )
    end
{%- endmacro %}
