-- Records of test mode, of every table that says so, and refunds of test charges.
with charges as (
    {{ current_rows(source('stripe', 'charge'), ['id']) }}
),

refunds as (
    select refunds.*
    from {{ source('stripe', 'refund') }} as refunds
    inner join charges on refunds.charge_id = charges.id
    where not charges.is_live
)

{%- set flagged = [
    'customer', 'invoice', 'invoice_line_item', 'charge', 'subscription', 'plan', 'price',
    'product', 'credit_note', 'credit_note_line_item'
] %}

{% for table_name in flagged %}
select
    'stripe' as source_system,
    '{{ table_name }}' as record_type,
    id as record_id,
    'test_mode' as excluded_reason,
    {{ lineage() }}
from {{ source('stripe', table_name) }}
where not is_live

union all
{% endfor %}
select
    'stripe' as source_system,
    'refund' as record_type,
    id as record_id,
    'test_mode' as excluded_reason,
    {{ lineage() }}
from refunds
