with versions as (
    {{ known_versions('account', ['account_id']) }}
),

bands as (select * from {{ ref('seed_account_segment') }})

select
    versions.source_system,
    versions.account_id,
    versions.known_from_on as valid_from,
    versions.known_to_on as valid_to,
    bands.segment
from versions
inner join bands
    on
        versions.n_employees >= bands.n_employees_from
        and versions.n_employees < coalesce(bands.n_employees_below, 9223372036854775807)
