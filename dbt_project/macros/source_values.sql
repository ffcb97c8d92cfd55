{#- How source systems write values that SQL has to take apart. -#}

{#- An amount in whole currency from the smallest unit (cents); some currencies have none. -#}
{% macro from_minor_units(amount, currency) -%}
    cast({{ amount }} as decimal(18, 4)) / case
        when upper({{ currency }}) in (
            select currency_code from {{ ref('seed_currency_without_minor_unit') }}
        ) then 1
        else 100
    end
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
