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
            ('account_id', 'varchar'), ('account_name', 'varchar'), ('parent_account_id', 'varchar'),
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
            ('valid_from', 'date'), ('valid_to', 'date'),
        ],
        'product': [
            ('product_id', 'varchar'), ('product_name', 'varchar'), ('product_family', 'varchar'),
            ('is_active', 'boolean'),
        ],
        'product_price': [
            ('product_id', 'varchar'), ('currency', 'varchar'), ('list_price', 'decimal(18,4)'),
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
        'opportunity_change': [
            ('change_id', 'varchar'), ('opportunity_id', 'varchar'), ('stage_value', 'varchar'),
            ('forecast_category_value', 'varchar'), ('amount', 'decimal(18,4)'),
            ('probability_pct', 'decimal(9,6)'), ('expected_revenue_amount', 'decimal(18,4)'),
            ('close_on', 'date'),
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
            ('campaign_id', 'varchar'), ('campaign_name', 'varchar'), ('campaign_type', 'varchar'),
            ('status', 'varchar'), ('starts_on', 'date'), ('ends_on', 'date'),
            ('is_deleted', 'boolean'),
        ],
        'spend': [
            ('campaign_id', 'varchar'), ('spend_on', 'date'), ('channel', 'varchar'),
            ('impressions', 'bigint'), ('clicks', 'bigint'), ('spend_amount', 'decimal(18,4)'),
            ('currency', 'varchar'),
        ],
        'quota': [
            ('quota_id', 'varchar'), ('participant_id', 'varchar'), ('measure', 'varchar'),
            ('version', 'varchar'), ('status', 'varchar'), ('approved_at', 'timestamp'),
            ('quota_on', 'date'), ('period_end_on', 'date'), ('declared_period', 'varchar'),
            ('declared_start_on', 'date'), ('declared_end_on', 'date'),
            ('quota_amount', 'decimal(18,4)'), ('currency', 'varchar'),
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

{#- All enabled sources' rows of an entity; no rows, but the right columns, when none feeds it. -#}
{% macro union_entity(entity) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set sources = var('entity_sources').get(entity, []) -%}
    {%- for source_system in sources %}
    select
        {%- for name, type in columns %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_' ~ source_system ~ '__' ~ entity) }}
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
