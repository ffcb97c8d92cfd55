with versions as (
    {{ union_entity('account') }}
)

select distinct
    source_system,
    account_id
from versions
