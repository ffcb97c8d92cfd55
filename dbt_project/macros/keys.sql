{#- Deterministic surrogate key of (source system, source id): a rebuild keeps it. -#}
{% macro surrogate_key(source_system, source_id) -%}
    md5({{ source_system }} || '|' || {{ source_id }})
{%- endmacro %}

{#- Numerator over denominator as a fraction; NULL when the denominator is 0 or NULL (METRICS C4). -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#- A currency's code, however a source spells it. -#}
{% macro currency_code(code) -%}
    upper(trim({{ code }}))
{%- endmacro %}

{#- The company's currency: that of every amount that names none. -#}
{% macro company_currency() -%}
    '{{ var("currency") }}'
{%- endmacro %}

{#-
    The currency of a record that another one tells, by the id it is looked up by. One that was never
    delivered is not missing: the id stands for it, which has no rate, so that checks name the record.
-#}
{% macro referenced_currency(currency, found_id, reference) -%}
    case when {{ found_id }} is null then {{ reference }} else {{ currency }} end
{%- endmacro %}

{#- Where a raw row came from, and when: the last six columns of every staging model. -#}
{% macro lineage() -%}
    _recorded_at as recorded_at,
    _extracted_at as extracted_at,
    _op as op,
    _batch_id as batch_id,
    _file as source_file,
    _line as source_line
{%- endmacro %}

{#-
    An amount in the company's currency. The casts leave room for both factors: an amount of 18
    digits times a rate of 18 would not fit the width the engines derive for their product.
-#}
{% macro at_rate(amount, rate) -%}
    cast(cast({{ amount }} as decimal(20, 4)) * cast({{ rate }} as decimal(18, 9)) as decimal(18, 4))
{%- endmacro %}

{#-
    A team's or region's part of a node's id. Whoever has none is in `unassigned`; one that is really
    called so is quoted, so that the two stay apart.
-#}
{% macro node_part(name) -%}
    case
        when {{ name }} = 'unassigned' then '"unassigned"'
        else coalesce({{ name }}, 'unassigned')
    end
{%- endmacro %}

{#-
    A node's key is the same in every subject, and `shared.dim_node` says what it is: `company`,
    `region/<name>`, `team/<region>/<name>`, `participant/<id>`, `manager/<id>`.
-#}
{% macro region_node(region) -%}
    'region/' || {{ node_part(region) }}
{%- endmacro %}

{% macro team_node(region, team) -%}
    'team/' || {{ node_part(region) }} || '/' || {{ node_part(team) }}
{%- endmacro %}

{% macro participant_node(participant_id) -%}
    'participant/' || {{ participant_id }}
{%- endmacro %}

{#- Whoever leads people, with all who are below; the participant of the same id is one of them. -#}
{% macro manager_node(participant_id) -%}
    'manager/' || {{ participant_id }}
{%- endmacro %}

{#-
    `at_rate` for a document, whose amount is checked: NULL where there is no rate or the result does
    not fit, so that a check can name the record. Lines have six decimals.
-#}
{% macro document_at_rate(amount, rate, scale=4) -%}
    try_cast(
        cast({{ amount }} as decimal(20, {{ scale }})) * cast({{ rate }} as decimal(18, 9))
        as decimal(18, {{ scale }})
    )
{%- endmacro %}
