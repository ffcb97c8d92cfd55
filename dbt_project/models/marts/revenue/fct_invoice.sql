with invoices as (select * from {{ ref('core_invoice') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }})

select
    invoices.invoice_key,
    invoices.opportunity_key,
    invoices.source_system,
    invoices.invoice_id,
    invoices.credited_invoice_id,
    invoices.account_id,
    invoices.opportunity_id,

    invoices.invoiced_on,
    invoices.due_on,
    invoices.paid_on,

    invoices.document_type,
    invoices.status,
    invoices.source_status,
    invoices.is_counted,
    invoices.excluded_reason,
    invoices.currency,
    -- Status and payment day are two witnesses of the same: either ends the wait.
    coalesce(
        invoices.is_outstanding
        and invoices.paid_on is null
        and invoices.due_on < latest_extract.as_of_on,
        false
    ) as is_overdue,
    invoices.source_file,
    invoices.source_line,

    invoices.invoice_amount as invoice_amount_in_currency,
    invoices.tax_amount as tax_amount_in_currency,
    invoices.freight_amount as freight_amount_in_currency,
    invoices.net_amount as net_amount_in_currency,
    {{ document_at_rate('invoices.invoice_amount', 'plan_rates.plan_rate') }} as invoice_amount,
    {{ document_at_rate('invoices.tax_amount', 'plan_rates.plan_rate') }} as tax_amount,
    {{ document_at_rate('invoices.freight_amount', 'plan_rates.plan_rate') }} as freight_amount,
    {{ document_at_rate('invoices.net_amount', 'plan_rates.plan_rate') }} as net_amount,
    case
        when invoices.paid_on is not null
            then {{ days_between('invoices.due_on', 'invoices.paid_on') }}
    end as days_paid_after_due
from invoices
cross join latest_extract
left join plan_rates
    on
        invoices.currency = plan_rates.currency
        and invoices.invoiced_on >= plan_rates.valid_from
        and invoices.invoiced_on < plan_rates.valid_to
