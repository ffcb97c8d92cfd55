{{ config(materialized='view') }}

with periods as (
    {{ latest_versions('accounting_period', ['accounting_period_id']) }}
)

select
    {{ surrogate_key('source_system', 'accounting_period_id') }} as accounting_period_key,
    source_system,
    accounting_period_id,
    period_name,
    starts_on,
    ends_on,
    closed_on,
    is_quarter,
    is_year,
    is_adjustment,
    is_closed,
    source_file,
    source_line
from periods
