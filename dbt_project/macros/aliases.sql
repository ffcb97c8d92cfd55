{#-
    The spellings a company maps in aliases.csv: which columns of the entities they apply to.

    `union_entity` replaces them where the sources are brought together, so that every model reads
    the company's own spelling. Two domains are mapped in the one model that also publishes the
    value as it was delivered: `industry` in core_account, `forecast_category` in
    core_opportunity_version. The domains a company file may name are in
    `pipelines/ingest/reference.py`; a company without a spelling of a domain gets no join.
-#}
{% macro alias_domains() -%}
    {{ return({
        'stage_value': 'stage',
        'opportunity_type': 'opportunity_type',
        'lead_source': 'lead_source',
        'product_value': 'product',
        'channel': 'channel',
        'country': 'country',
    }) }}
{%- endmacro %}

{#- The columns whose spellings the company maps for a source, with the expression to select. -#}
{% macro spelled_columns(source_system, columns) -%}
    {%- set mapped = var('aliased_domains', {}).get(source_system, []) -%}
    {%- set spelled = {} -%}
    {%- for name, _ in columns if alias_domains().get(name) in mapped -%}
        {%- do spelled.update({name: 'coalesce(' ~ name ~ '_alias.value, delivered.' ~ name ~ ')'}) -%}
    {%- endfor -%}
    {{ return(spelled) }}
{%- endmacro %}

{% macro join_alias(source_system, name) -%}
    left join {{ source('config', 'alias') }} as {{ name }}_alias
        on
            {{ name }}_alias.domain = '{{ alias_domains()[name] }}'
            and {{ name }}_alias.source_system = '{{ source_system }}'
            and delivered.{{ name }} = {{ name }}_alias.source_value
{%- endmacro %}
