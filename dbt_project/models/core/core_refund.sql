{{ config(materialized='view') }}

with refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

accounts as (select * from {{ ref('core_account') }})

select
    {{ surrogate_key('refunds.source_system', 'refunds.refund_id') }} as refund_key,
    refunds.source_system,
    refunds.refund_id,
    refunds.payment_id,
    refunds.invoice_id,
    coalesce(accounts.crm_account_id, refunds.account_id) as account_id,
    refunds.refunded_on,
    refunds.refund_amount,
    refunds.currency,
    refunds.refund_type,
    refunds.status,
    refunds.source_file,
    refunds.source_line
from refunds
left join accounts
    on
        refunds.source_system = accounts.source_system
        and refunds.account_id = accounts.account_id
where not coalesce(refunds.is_deleted, false)
