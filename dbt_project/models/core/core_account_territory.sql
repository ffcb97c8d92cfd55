{{ config(materialized='view') }}

with territories as (
    {{ latest_versions('account_territory', ['account_id', 'territory_id']) }}
)

select
    source_system,
    account_id,
    territory_id,
    territory_name,
    source_file,
    source_line
from territories
