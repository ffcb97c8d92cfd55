with versions as (select * from {{ ref('core_plan_rate_version') }})

select
    md5(
        currency || '|' || cast(valid_from as varchar) || '|' || cast(known_from_on as varchar)
    ) as plan_rate_as_known_key,
    currency,

    valid_from,
    valid_to,
    known_from_on,
    known_to_on,
    rate_on,

    fiscal_year,

    plan_rate
from versions
