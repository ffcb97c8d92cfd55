{#-
    The canonical entities: what every source must deliver of one, by name and type.

    `models/staging/<source>/stg_<source>__<entity>.sql` selects these columns; `union_entity`
    brings the enabled sources together. This is the one place where they are written down.
-#}
{% macro entity_columns(entity) -%}
    {%- set lineage = [
        ('recorded_at', 'timestamp'), ('extracted_at', 'timestamp'), ('op', 'varchar'),
        ('batch_id', 'bigint'), ('source_file', 'varchar'), ('source_line', 'bigint'),
    ] -%}
    {%- set entities = {
        'account': [
            ('account_id', 'varchar'), ('crm_account_id', 'varchar'), ('account_name', 'varchar'),
            ('parent_account_id', 'varchar'),
            ('industry_value', 'varchar'), ('country', 'varchar'),
            ('n_employees', 'bigint'), ('annual_revenue', 'decimal(18,4)'),
            ('owner_id', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'participant': [
            ('participant_id', 'varchar'), ('participant_name', 'varchar'),
            ('manager_id', 'varchar'), ('manager_name', 'varchar'), ('team', 'varchar'),
            ('region', 'varchar'), ('title', 'varchar'), ('hired_on', 'date'),
            ('is_active', 'boolean'),
        ],
        'territory_assignment': [
            ('participant_id', 'varchar'), ('territory_id', 'varchar'),
            ('territory_name', 'varchar'), ('region', 'varchar'),
            ('valid_from', 'date'), ('valid_to', 'date'), ('share_pct', 'decimal(12,9)'),
        ],
        'product': [
            ('product_id', 'varchar'), ('product_name', 'varchar'), ('product_family', 'varchar'),
            ('is_active', 'boolean'),
        ],
        'product_price': [
            ('product_id', 'varchar'), ('price_list_id', 'varchar'), ('price_list_name', 'varchar'),
            ('is_standard', 'boolean'), ('currency', 'varchar'), ('list_price', 'decimal(18,4)'),
            ('valid_from', 'date'), ('valid_to', 'date'),
        ],
        'opportunity': [
            ('opportunity_id', 'varchar'), ('opportunity_name', 'varchar'),
            ('account_id', 'varchar'), ('owner_id', 'varchar'), ('campaign_id', 'varchar'),
            ('stage_value', 'varchar'), ('forecast_category_value', 'varchar'),
            ('opportunity_type', 'varchar'), ('lead_source', 'varchar'), ('next_step', 'varchar'),
            ('product_value', 'varchar'), ('amount', 'decimal(18,4)'), ('currency', 'varchar'),
            ('probability_pct', 'decimal(9,6)'), ('expected_revenue_amount', 'decimal(18,4)'),
            ('created_on', 'date'), ('close_on', 'date'), ('source_status', 'varchar'),
            ('is_deleted', 'boolean'),
        ],
        'crm_statement': [
            ('opportunity_id', 'varchar'), ('close_on', 'date'),
            ('fiscal_year', 'integer'), ('fiscal_quarter', 'integer'),
            ('created_at', 'timestamp'),
        ],
        'opportunity_change': [
            ('change_id', 'varchar'), ('opportunity_id', 'varchar'), ('stage_value', 'varchar'),
            ('forecast_category_value', 'varchar'), ('amount', 'decimal(18,4)'),
            ('currency', 'varchar'), ('probability_pct', 'decimal(9,6)'),
            ('expected_revenue_amount', 'decimal(18,4)'), ('close_on', 'date'),
        ],
        'opportunity_line': [
            ('line_id', 'varchar'), ('opportunity_id', 'varchar'), ('product_value', 'varchar'),
            ('quantity', 'decimal(18,4)'), ('list_price', 'decimal(18,4)'),
            ('net_amount', 'decimal(18,4)'), ('priced_on', 'date'),
        ],
        'stage_entry': [
            ('opportunity_id', 'varchar'), ('stage_value', 'varchar'), ('entered_on', 'date'),
        ],
        'lead': [
            ('lead_id', 'varchar'), ('lead_source', 'varchar'), ('status', 'varchar'),
            ('owner_id', 'varchar'), ('created_on', 'date'), ('is_converted', 'boolean'),
            ('converted_on', 'date'), ('opportunity_id', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'campaign': [
            ('campaign_id', 'varchar'), ('own_campaign_id', 'varchar'),
            ('campaign_name', 'varchar'), ('campaign_type', 'varchar'),
            ('status', 'varchar'), ('starts_on', 'date'), ('ends_on', 'date'),
            ('is_deleted', 'boolean'),
        ],
        'spend': [
            ('spend_id', 'varchar'), ('campaign_id', 'varchar'), ('spend_on', 'date'), ('channel', 'varchar'),
            ('impressions', 'bigint'), ('clicks', 'bigint'), ('spend_amount', 'decimal(38,18)'),
            ('currency', 'varchar'),
        ],
        'quota': [
            ('quota_id', 'varchar'), ('participant_id', 'varchar'), ('measure', 'varchar'),
            ('version', 'varchar'), ('status', 'varchar'), ('approved_at', 'timestamp'),
            ('quota_on', 'date'), ('period_end_on', 'date'), ('declared_period', 'varchar'),
            ('declared_start_on', 'date'), ('declared_end_on', 'date'),
            ('calendar_end_on', 'date'), ('quota_amount', 'decimal(18,4)'), ('currency', 'varchar'),
            ('territory_id', 'varchar'), ('node', 'varchar'), ('basis', 'varchar'),
            ('is_of_team_if_leading', 'boolean'),
        ],
        'seat': [
            ('participant_id', 'varchar'), ('seat_state', 'varchar'), ('valid_from', 'date'),
            ('valid_to', 'date'), ('plan_id', 'varchar'), ('ramp_schedule_id', 'varchar'),
        ],
        'credit_control': [
            ('participant_id', 'varchar'), ('control_name', 'varchar'), ('n_periods', 'integer'),
            ('control_amount', 'decimal(18,4)'),
        ],
        'order': [
            ('order_id', 'varchar'), ('account_id', 'varchar'), ('owner_id', 'varchar'),
            ('opportunity_id', 'varchar'), ('ordered_on', 'date'), ('currency', 'varchar'),
            ('subtotal_amount', 'decimal(18,4)'), ('tax_amount', 'decimal(18,4)'),
            ('freight_amount', 'decimal(18,4)'), ('total_amount', 'decimal(18,4)'),
            ('status', 'varchar'),
        ],
        'order_line': [
            ('line_id', 'varchar'), ('order_id', 'varchar'), ('product_value', 'varchar'),
            ('quantity', 'decimal(18,4)'), ('unit_price', 'decimal(18,6)'),
            ('line_amount', 'decimal(18,6)'),
        ],
        'invoice': [
            ('invoice_id', 'varchar'), ('account_id', 'varchar'), ('opportunity_id', 'varchar'),
            ('invoiced_on', 'date'), ('due_on', 'date'), ('paid_on', 'date'),
            ('invoice_amount', 'decimal(18,4)'), ('currency', 'varchar'), ('status', 'varchar'),
            ('tax_amount', 'decimal(18,4)'), ('freight_amount', 'decimal(18,4)'),
        ],
        'merge': [
            ('object_name', 'varchar'), ('record_id', 'varchar'), ('survivor_id', 'varchar'),
        ],
        'opportunity_merge': [
            ('record_id', 'varchar'), ('survivor_id', 'varchar'),
        ],
        'person': [
            ('person_id', 'varchar'), ('person_type', 'varchar'), ('account_id', 'varchar'),
            ('email_hash', 'varchar'), ('owner_id', 'varchar'), ('lead_source', 'varchar'),
            ('created_on', 'date'), ('converted_to_id', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'opportunity_field_change': [
            ('change_id', 'varchar'), ('opportunity_id', 'varchar'), ('field', 'varchar'),
            ('old_value', 'varchar'), ('new_value', 'varchar'), ('changed_by', 'varchar'),
            ('changed_at', 'timestamp'),
        ],
        'opportunity_split': [
            ('split_id', 'varchar'), ('opportunity_id', 'varchar'), ('participant_id', 'varchar'),
            ('split_type_id', 'varchar'), ('split_type', 'varchar'), ('measure', 'varchar'),
            ('is_overlay', 'boolean'), ('is_of_other_field', 'boolean'), ('inactive_from_on', 'date'),
            ('split_pct', 'decimal(9,6)'), ('split_amount', 'decimal(18,4)'), ('currency', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'pipeline_stage': [
            ('pipeline_id', 'varchar'), ('pipeline_name', 'varchar'), ('stage_value', 'varchar'),
            ('stage_name', 'varchar'), ('stage_ordinal', 'integer'),
            ('probability_pct', 'decimal(9,6)'), ('status', 'varchar'),
        ],
        'team_member': [
            ('team_id', 'varchar'), ('team_name', 'varchar'), ('participant_id', 'varchar'),
            ('is_primary', 'boolean'),
        ],
        'account_territory': [
            ('account_id', 'varchar'), ('territory_id', 'varchar'), ('territory_name', 'varchar'),
        ],
        'activity': [
            ('activity_id', 'varchar'), ('activity_type', 'varchar'), ('owner_id', 'varchar'),
            ('account_id', 'varchar'), ('opportunity_id', 'varchar'), ('person_id', 'varchar'),
            ('occurred_at', 'timestamp'), ('occurred_on', 'date'), ('is_completed', 'boolean'),
            ('is_deleted', 'boolean'),
        ],
        'touch': [
            ('touch_id', 'varchar'), ('person_id', 'varchar'), ('campaign_id', 'varchar'),
            ('channel', 'varchar'), ('touch_type', 'varchar'), ('occurred_at', 'timestamp'),
            ('is_response', 'boolean'), ('is_deleted', 'boolean'),
        ],
        'forecast_submission': [
            ('submission_id', 'varchar'), ('participant_id', 'varchar'), ('layer', 'varchar'),
            ('forecast_category_value', 'varchar'), ('period_start_on', 'date'),
            ('amount', 'decimal(18,4)'), ('currency', 'varchar'), ('submitted_by', 'varchar'),
            ('submitted_at', 'timestamp'), ('note', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'quote': [
            ('quote_id', 'varchar'), ('opportunity_id', 'varchar'), ('quote_number', 'varchar'),
            ('status', 'varchar'), ('is_primary', 'boolean'), ('quoted_on', 'date'),
            ('expires_on', 'date'), ('discount_pct', 'decimal(9,6)'),
            ('subtotal_amount', 'decimal(18,4)'), ('total_amount', 'decimal(18,4)'),
            ('currency', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'approval_step': [
            ('step_id', 'varchar'), ('target_id', 'varchar'), ('process_id', 'varchar'),
            ('approver_id', 'varchar'), ('decision', 'varchar'), ('assigned_at', 'timestamp'),
            ('decided_at', 'timestamp'),
        ],
        'conversion_rate': [
            ('currency', 'varchar'), ('rate_type', 'varchar'), ('valid_from', 'date'),
            ('valid_to', 'date'), ('units_per_base', 'decimal(18,9)'), ('base_currency', 'varchar'),
        ],
        'plan_target': [
            ('target_id', 'varchar'), ('node', 'varchar'), ('kpi', 'varchar'), ('version', 'varchar'),
            ('period_start_on', 'date'), ('target_amount', 'decimal(18,4)'), ('currency', 'varchar'),
        ],
        'ramp_step': [
            ('schedule_id', 'varchar'), ('tenure_month', 'integer'), ('ramp_pct', 'decimal(9,6)'),
        ],
        'comp_tier': [
            ('plan_id', 'varchar'), ('measure', 'varchar'), ('version', 'varchar'),
            ('lower_pct', 'decimal(9,6)'), ('upper_pct', 'decimal(9,6)'),
            ('commission_pct', 'decimal(9,6)'), ('tier_kind', 'varchar'),
            ('cap_amount', 'decimal(18,4)'), ('currency', 'varchar'),
        ],
        'invoice_line': [
            ('line_id', 'varchar'), ('invoice_id', 'varchar'), ('product_value', 'varchar'),
            ('description', 'varchar'), ('quantity', 'decimal(18,4)'),
            ('line_amount', 'decimal(18,6)'), ('currency', 'varchar'),
            ('service_start_on', 'date'), ('service_end_on', 'date'), ('is_deleted', 'boolean'),
        ],
        'payment': [
            ('payment_id', 'varchar'), ('account_id', 'varchar'), ('invoice_id', 'varchar'),
            ('paid_on', 'date'), ('payment_amount', 'decimal(18,4)'), ('currency', 'varchar'),
            ('status', 'varchar'), ('is_deleted', 'boolean'),
        ],
        'refund': [
            ('refund_id', 'varchar'), ('payment_id', 'varchar'), ('invoice_id', 'varchar'),
            ('account_id', 'varchar'), ('refunded_on', 'date'), ('refund_amount', 'decimal(18,4)'),
            ('currency', 'varchar'), ('refund_type', 'varchar'), ('status', 'varchar'),
            ('opportunity_id', 'varchar'), ('tax_amount', 'decimal(18,4)'),
            ('freight_amount', 'decimal(18,4)'), ('is_deleted', 'boolean'),
        ],
        'document_link': [
            ('document_id', 'varchar'), ('document_type', 'varchar'), ('made_from_id', 'varchar'),
            ('opportunity_id', 'varchar'), ('unknown_line_type', 'varchar'),
        ],
        'excluded_record': [
            ('record_type', 'varchar'), ('record_id', 'varchar'), ('excluded_reason', 'varchar'),
        ],
        'subscription': [
            ('subscription_id', 'varchar'), ('account_id', 'varchar'), ('plan_id', 'varchar'),
            ('status', 'varchar'), ('started_on', 'date'), ('ends_on', 'date'),
            ('canceled_on', 'date'), ('quantity', 'decimal(18,4)'), ('is_deleted', 'boolean'),
        ],
        'subscription_plan': [
            ('plan_id', 'varchar'), ('plan_name', 'varchar'), ('product_value', 'varchar'),
            ('amount', 'decimal(18,4)'), ('currency', 'varchar'), ('interval_unit', 'varchar'),
            ('interval_count', 'integer'), ('is_active', 'boolean'), ('is_deleted', 'boolean'),
        ],
        'ledger_account': [
            ('ledger_account_id', 'varchar'), ('account_number', 'varchar'),
            ('account_name', 'varchar'), ('account_type', 'varchar'),
            ('parent_account_id', 'varchar'), ('is_active', 'boolean'),
        ],
        'ledger_entry': [
            ('entry_id', 'varchar'), ('line_id', 'varchar'), ('ledger_account_id', 'varchar'),
            ('accounting_period_id', 'varchar'), ('entity_id', 'varchar'),
            ('transaction_type', 'varchar'), ('posted_on', 'date'), ('amount', 'decimal(18,4)'),
            ('currency', 'varchar'), ('is_posting', 'boolean'), ('is_deleted', 'boolean'),
        ],
        'accounting_period': [
            ('accounting_period_id', 'varchar'), ('period_name', 'varchar'), ('starts_on', 'date'),
            ('ends_on', 'date'), ('closed_on', 'date'), ('is_quarter', 'boolean'),
            ('is_year', 'boolean'), ('is_adjustment', 'boolean'), ('is_closed', 'boolean'),
        ],
        'exchange_rate': [
            ('rate_on', 'date'), ('base_currency', 'varchar'), ('quote_currency', 'varchar'),
            ('rate', 'decimal(18,9)'),
        ],
    } -%}
    {%- if entity not in entities -%}
        {{ exceptions.raise_compiler_error("no entity '" ~ entity ~ "'; known: " ~ entities.keys() | sort | join(', ')) }}
    {%- endif -%}
    {{ return([('source_system', 'varchar')] + entities[entity] + lineage) }}
{%- endmacro %}

{#-
    What tells an entity's records apart within a source system; with the moment it was recorded and
    extracted, one version of a record. The first column is never NULL. A model may ask for fewer
    columns where the last of several records counts, never for others.
-#}
{% macro entity_key(entity) -%}
    {%- set keys = {
        'account': ['account_id'],
        'participant': ['participant_id'],
        'territory_assignment': ['participant_id', 'territory_id', 'valid_from'],
        'product': ['product_id'],
        'product_price': ['product_id', 'price_list_id', 'currency', 'valid_from'],
        'opportunity': ['opportunity_id'],
        'crm_statement': ['opportunity_id'],
        'opportunity_change': ['change_id'],
        'opportunity_line': ['line_id'],
        'stage_entry': ['opportunity_id', 'stage_value', 'entered_on'],
        'lead': ['lead_id'],
        'campaign': ['campaign_id'],
        'spend': ['spend_id'],
        'quota': ['quota_id', 'version'],
        'seat': ['participant_id', 'seat_state', 'valid_from'],
        'credit_control': ['participant_id', 'control_name'],
        'order': ['order_id'],
        'order_line': ['line_id'],
        'invoice': ['invoice_id'],
        'merge': ['record_id', 'object_name'],
        'opportunity_merge': ['record_id'],
        'person': ['person_id'],
        'opportunity_field_change': ['change_id'],
        'opportunity_split': ['split_id'],
        'pipeline_stage': ['stage_value', 'pipeline_id'],
        'team_member': ['team_id', 'participant_id'],
        'account_territory': ['account_id', 'territory_id'],
        'activity': ['activity_id'],
        'touch': ['touch_id'],
        'forecast_submission': ['submission_id'],
        'quote': ['quote_id'],
        'approval_step': ['step_id'],
        'conversion_rate': ['currency', 'rate_type', 'valid_from'],
        'plan_target': ['target_id'],
        'ramp_step': ['schedule_id', 'tenure_month'],
        'comp_tier': ['plan_id', 'measure', 'version', 'lower_pct'],
        'invoice_line': ['line_id'],
        'payment': ['payment_id'],
        'refund': ['refund_id'],
        'document_link': ['document_id'],
        'excluded_record': ['record_id', 'record_type'],
        'subscription': ['subscription_id'],
        'subscription_plan': ['plan_id'],
        'ledger_account': ['ledger_account_id'],
        'ledger_entry': ['entry_id', 'line_id'],
        'accounting_period': ['accounting_period_id'],
        'exchange_rate': ['rate_on', 'base_currency', 'quote_currency'],
    } -%}
    {%- if entity not in keys -%}
        {{ exceptions.raise_compiler_error("entity '" ~ entity ~ "' has no key: write it into entity_key in macros/entities.sql") }}
    {%- endif -%}
    {{ return(keys[entity]) }}
{%- endmacro %}

{#-
    Entities whose currency may be said elsewhere, so that NULL stays until it is looked up: a part's
    with the whole it belongs to, a deal's by what was said of it before. The currency of a
    conversion rate is what the rate is of.
-#}
{% macro currency_is_elsewhere(entity) -%}
    {{ return(entity in [
        'opportunity', 'opportunity_change', 'opportunity_split', 'quote', 'invoice_line', 'payment',
        'refund', 'conversion_rate',
    ]) }}
{%- endmacro %}

{#-
    All enabled sources' rows of an entity, in the company's spellings; no rows, but the right
    columns, when none feeds it. Amounts without a currency are in the company's; codes of currencies
    are in capitals, whatever the source.
-#}
{% macro union_entity(entity) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set sources = var('entity_sources').get(entity, []) -%}
    {%- for source_system in sources %}
    {%- set expressions = spelled_columns(source_system, columns) -%}
    {%- set spelled = expressions | list -%}
    {%- for name in ['currency', 'base_currency', 'quote_currency'] -%}
        {%- do expressions.update({name: currency_code('delivered.' ~ name)}) -%}
    {%- endfor -%}
    {%- if not currency_is_elsewhere(entity) -%}
        {%- do expressions.update({
            'currency': 'coalesce(' ~ expressions.currency ~ ', ' ~ company_currency() ~ ')'
        }) -%}
    {%- endif %}
    select
        {%- for name, type in columns %}
        cast({{ expressions.get(name, 'delivered.' ~ name) }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_' ~ source_system ~ '__' ~ entity) }} as delivered
    {%- for name in spelled %}
    {{ join_alias(source_system, name) }}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not sources %}
    select
        {%- for name, type in columns %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endif %}
{%- endmacro %}
