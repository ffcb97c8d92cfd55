with records as (
    {{ latest_versions('excluded_record', ['record_type', 'record_id']) }}
),

orders as (select * from {{ ref('core_order') }} where not is_counted),

invoices as (select * from {{ ref('core_invoice') }} where not is_counted),

payments as (select * from {{ ref('core_payment') }} where not is_counted),

-- A close day outside the calendar was mistyped: the deal counts, its day does not.
mistyped as (
    select
        source_system,
        opportunity_id,
        source_file,
        source_line
    from {{ ref('core_opportunity_version') }}
    where close_on is null and close_on_as_delivered is not null
),

excluded as (
    select
        source_system,
        record_type,
        excluded_reason,
        record_id,
        source_file,
        source_line
    from records

    union all

    select
        source_system,
        'order' as record_type,
        excluded_reason,
        order_id as record_id,
        source_file,
        source_line
    from orders

    union all

    select
        source_system,
        document_type as record_type,
        excluded_reason,
        invoice_id as record_id,
        source_file,
        source_line
    from invoices

    union all

    select
        source_system,
        'payment' as record_type,
        excluded_reason,
        payment_id as record_id,
        source_file,
        source_line
    from payments

    union all

    select
        source_system,
        'close_day' as record_type,
        'outside_the_calendar' as excluded_reason,
        opportunity_id as record_id,
        source_file,
        source_line
    from mistyped
),

ranked as (
    select
        *,
        count(*) over (partition by source_system, record_type, excluded_reason) as n_records,
        row_number() over (
            partition by source_system, record_type, excluded_reason
            order by record_id
        ) as place
    from excluded
    where excluded_reason is not null
)

select
    md5(source_system || '|' || record_type || '|' || excluded_reason) as excluded_record_key,
    source_system,
    record_id as example_record_id,

    record_type,
    excluded_reason,
    source_file,
    source_line,

    n_records
from ranked
where place = 1
