{#- How source systems write values that SQL has to take apart. -#}

{#-
    An amount in whole currency from the smallest unit: what one unit is worth comes from
    `unit_values`. Multiplying keeps every digit, where a division would pass through floating
    point. NULL where the currency is unknown or the amount does not fit; checks name the record.
-#}
{% macro from_minor_units(amount, unit_value) -%}
    try_cast(cast({{ amount }} as decimal(20, 0)) * {{ unit_value }} as decimal(18, 4))
{%- endmacro %}

{#- Per currency what one of Stripe's smallest units is worth: 1 yen, 0.01 dollars, 0.001 dinars. -#}
{% macro unit_values() -%}
    select
        currencies.currency_code,
        case coalesce(exceptions.minor_units, currencies.minor_units)
            when 0 then cast(1 as decimal(5, 4))
            when 2 then cast(0.01 as decimal(5, 4))
            when 3 then cast(0.001 as decimal(5, 4))
            when 4 then cast(0.0001 as decimal(5, 4))
        end as unit_value
    from {{ source('config', 'currency') }} as currencies
    left join {{ ref('seed_stripe_minor_unit') }} as exceptions
        on currencies.currency_code = exceptions.currency_code
{%- endmacro %}

{#-
    The currency of one of Stripe's records, in which its smallest units count: its own, or that of
    the invoice it is a part of, or the company's.
-#}
{% macro stripe_currency(own, invoice_currency='null') -%}
    upper(coalesce({{ own }}, {{ invoice_currency }}, {{ company_currency() }}))
{%- endmacro %}

{#- The tax within one of Stripe's invoices, in its smallest units. -#}
{% macro stripe_invoice_tax() -%}
    coalesce(invoices.tax, invoices.total - invoices.total_excluding_tax, 0)
{%- endmacro %}

{#-
    The tax within one of Stripe's credit notes, in its smallest units. Where the note does not say,
    it is what the total has beyond the discounted subtotal; if there is nothing, prices may include
    their tax, unless the invoice's do not, and the note has the invoice's share of it.
-#}
{% macro stripe_credit_note_tax() -%}
    case
        when notes.total_excluding_tax is not null then notes.total - notes.total_excluding_tax
        when notes.total <> notes.subtotal - coalesce(notes.discount_amount, 0)
            then notes.total - notes.subtotal + coalesce(notes.discount_amount, 0)
        when
            invoices.subtotal = invoices.subtotal_excluding_tax
            or invoices.total = invoices.subtotal + {{ stripe_invoice_tax() }}
            then 0
        else
            coalesce(
                cast(
                    round(
                        cast(notes.total as double) * {{ stripe_invoice_tax() }}
                        / nullif(invoices.total, 0)
                    ) as bigint
                ),
                0
            )
    end
{%- endmacro %}

{#- An amount from millionths; all six decimals stay, because rows are added before rounding. -#}
{% macro from_millionths(amount) -%}
    cast({{ amount }} as decimal(20, 0)) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}

{#- Versions of Stripe's records that are live: those of test mode are nobody's money. -#}
{% macro live_rows(table_name) -%}
    select *
    from {{ source('stripe', table_name) }}
    where is_live
{%- endmacro %}

{#-
    NetSuite's status of a transaction. Cash sales and refunds have letters of their own, so that
    theirs has the type before it, as NetSuite writes it in searches.
-#}
{% macro netsuite_status() -%}
    case
        when transactions.type in ('CashSale', 'CashRfnd')
            then transactions.type || ':' || transactions.status
        else transactions.status
    end
{%- endmacro %}

{#-
    Lines of NetSuite transactions with what they stand for: main, tax, freight, goods, a payment, or
    none, where they say what other lines cost or add up to. A line of no item is of goods.
-#}
{% macro netsuite_lines(relation) -%}
    select
        lines.*,
        case
            when lines.is_main_line then 'main'
            when lines.is_cost_line then 'none'
            when lines.is_tax_line then 'tax'
            else coalesce(kinds.line_kind, 'goods')
        end as line_kind,
        case
            when
                not coalesce(lines.is_main_line or lines.is_cost_line or lines.is_tax_line, false)
                and kinds.line_kind is null
                then lines.item_type
        end as unknown_item_type
    from {{ relation }} as lines
    left join {{ ref('seed_document_line_kind') }} as kinds
        on
            lower(lines.item_type) = lower(kinds.item_type)
            and kinds.source_system = 'netsuite'
{%- endmacro %}

{#-
    The amounts of NetSuite transactions as they stand. On a sale the main line is the receivable,
    positive, and the lines of what is sold are negative; on a credit memo it is the other way. What
    was paid down on the document itself is no longer in its main line, and belongs to its total.
-#}
{% macro netsuite_totals() -%}
    {%- set lines = current_rows(
        source('netsuite', 'transaction_line'), ['transaction_id', 'line_id']
    ) -%}
    select
        transaction_id,
        max(case when line_kind = 'main' then foreign_amount end)
        + sum(case when line_kind = 'payment' then coalesce(foreign_amount, 0) else 0 end)
            as total_amount,
        -sum(case when line_kind = 'tax' then foreign_amount else 0 end) as tax_amount,
        -sum(case when line_kind = 'freight' then foreign_amount else 0 end) as freight_amount,
        max(created_from_id) as created_from_id
    from ({{ netsuite_lines('(' ~ lines ~ ')') }}) as known
    group by transaction_id
{%- endmacro %}

{#- The CRM's campaign id at the end of an ad campaign's name, in brackets; NULL without one. -#}
{% macro crm_campaign_id(name) -%}
    {{ return(adapter.dispatch('crm_campaign_id', 'salesops')(name)) }}
{%- endmacro %}

{% macro default__crm_campaign_id(name) -%}
    nullif(regexp_extract({{ name }}, '\[([A-Za-z0-9]{15,18})\]$', 1), '')
{%- endmacro %}

{#- Spark reads a backslash in a text as an escape. -#}
{% macro spark__crm_campaign_id(name) -%}
    nullif(regexp_extract({{ name }}, '\\[([A-Za-z0-9]{15,18})\\]$', 1), '')
{%- endmacro %}

{#-
    HubSpot's stages that another pipeline had before under the same id, with the name they go by:
    `pipeline/stage`. The first pipeline's keep their id, so that a pipeline that is added renames
    nothing.
-#}
{% macro hubspot_renamed_stages() -%}
    select
        stage_id,
        pipeline_id,
        pipeline_id || '/' || stage_id as stage_value
    from (
        select
            id as stage_id,
            pipeline_id,
            row_number() over (
                partition by id order by min(_extracted_at), pipeline_id
            ) as place
        from {{ source('hubspot', 'deal_pipeline_stage') }}
        group by id, pipeline_id
    ) as known
    where place > 1
{%- endmacro %}

{#-
    The pipeline of each of HubSpot's deals with the half-open time for which it was in it, `from_at`
    to `to_at`, of deals whose history of the property is delivered.
-#}
{% macro hubspot_pipelines_of_deals() -%}
    select
        deal_id,
        value as pipeline_id,
        changed_at as from_at,
        coalesce(
            lead(changed_at) over (partition by deal_id order by changed_at),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as to_at
    from (
        {{ current_rows(
            source('hubspot', 'deal_property_history'), ['deal_id', 'name', 'changed_at']
        ) }}
    ) as known
    where name = 'pipeline' and value is not null
{%- endmacro %}

{#-
    The company of each of HubSpot's deals with the half-open time for which it was known,
    `said_from` to `said_to`; what the first extract says is taken to have been so before. Of several
    companies it is the primary one (HubSpot's association type 5), else the smallest id, which is
    always the same. The lineage is that of the association which made it so.
-#}
{% macro hubspot_companies_of_deals() -%}
    {%- set never = "cast('9999-12-31 00:00:00' as timestamp)" -%}
    select
        deal_id,
        company_id,
        lag(company_id) over (partition by deal_id order by point_at) as was_company_id,
        point_at as said_from,
        coalesce(lead(point_at) over (partition by deal_id order by point_at), {{ never }})
            as said_to,
        _extracted_at,
        _batch_id,
        _file,
        _line
    from (
        select
            turns.*,
            states.company_id,
            row_number() over (
                partition by turns.deal_id, turns.point_at
                order by
                    case when turns.told_company_id = states.company_id then 0 else 1 end,
                    turns._batch_id,
                    turns._file,
                    turns._line
            ) as place
        from (
            select
                deal_id,
                there_from as point_at,
                company_id as told_company_id,
                _extracted_at,
                _batch_id,
                _file,
                _line
            from ({{ _hubspot_associations() }}) as told
        ) as turns
        inner join (
            select
                points.deal_id,
                points.there_from as point_at,
                coalesce(
                    min(
                        case
                            when held._op = 'upsert' and held.type_id = '5' then held.company_id
                        end
                    ),
                    min(case when held._op = 'upsert' then held.company_id end)
                ) as company_id
            from ({{ _hubspot_associations() }}) as points
            inner join ({{ _hubspot_associations() }}) as held
                on
                    points.deal_id = held.deal_id
                    and points.there_from >= held.there_from
                    and points.there_from < held.there_to
            group by points.deal_id, points.there_from
        ) as states
            on turns.deal_id = states.deal_id and turns.point_at = states.point_at
    ) as ranked
    where place = 1
{%- endmacro %}

{%- macro _hubspot_associations() -%}
    select
        *,
        case
            when _extracted_at = min(_extracted_at) over ()
                then cast('1900-01-01 00:00:00' as timestamp)
            else _recorded_at
        end as there_from,
        coalesce(
            lead(_recorded_at) over (
                partition by deal_id, company_id, type_id order by _recorded_at, _extracted_at
            ),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as there_to
    from {{ source('hubspot', 'deal_company') }}
{%- endmacro -%}

{#- The newest version of each record of a table in which every row is a version of its own. -#}
{% macro newest_rows(relation, keys, version_at) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by {{ version_at }} desc, _extracted_at desc, _file desc, _line desc
            ) as age_rank
        from {{ relation }}
        where _op = 'upsert'
    ) as versions
    where age_rank = 1
{%- endmacro %}
