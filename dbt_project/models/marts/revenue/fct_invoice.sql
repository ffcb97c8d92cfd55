with invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

accounts as (select * from {{ ref('core_account') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }})

select
    md5(invoices.source_system || '|' || invoices.invoice_id) as invoice_key,
    invoices.source_system,
    invoices.invoice_id,
    coalesce(accounts.crm_account_id, invoices.account_id) as account_id,
    invoices.opportunity_id,

    invoices.invoiced_on,
    invoices.due_on,
    invoices.paid_on,

    invoices.status,
    invoices.currency,
    invoices.paid_on is null and invoices.due_on < latest_extract.as_of_on as is_overdue,
    invoices.source_file,
    invoices.source_line,

    invoices.invoice_amount as invoice_amount_in_currency,
    {{ at_rate('invoices.invoice_amount', 'plan_rates.plan_rate') }} as invoice_amount,
    case
        when invoices.paid_on is not null
            then {{ days_between('invoices.due_on', 'invoices.paid_on') }}
    end as days_paid_after_due
from invoices
cross join latest_extract
left join accounts
    on
        invoices.source_system = accounts.source_system
        and invoices.account_id = accounts.account_id
left join plan_rates
    on
        invoices.currency = plan_rates.currency
        and invoices.invoiced_on >= plan_rates.valid_from
        and invoices.invoiced_on < plan_rates.valid_to
