with plans as (
    {{ live_rows('plan') }}
),

units as (
    {{ unit_values() }}
)

select
    'stripe' as source_system,
    plans.id as plan_id,
    plans.nickname as plan_name,
    plans.product_id as product_value,
    {{ from_minor_units('plans.amount', 'units.unit_value') }} as amount,
    {{ stripe_currency('plans.currency') }} as currency,
    plans.interval_unit,
    cast(plans.interval_count as integer) as interval_count,
    plans.is_active,
    false as is_deleted,
    plans._recorded_at as recorded_at,
    plans._extracted_at as extracted_at,
    plans._op as op,
    plans._batch_id as batch_id,
    plans._file as source_file,
    plans._line as source_line
from plans
left join units on {{ stripe_currency('plans.currency') }} = units.currency_code
