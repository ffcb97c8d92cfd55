{#-
    The canonical entities: what every source delivers of one. They are written down in
    pipelines/contracts/entities.yml and come as a variable.

    `models/staging/<source>/stg_<source>__<entity>.sql` selects the columns its source has;
    `completed` adds the others, and `union_entity` brings the enabled sources together.
-#}
{% macro entity_data(entity) -%}
    {%- set entities = var('entities') -%}
    {%- if entity not in entities -%}
        {{ exceptions.raise_compiler_error("no entity '" ~ entity ~ "'; known: " ~ entities.keys() | sort | join(', ')) }}
    {%- endif -%}
    {{ return(entities[entity]) }}
{%- endmacro %}

{#- Name and type of each column, the source system first, the lineage last. -#}
{% macro entity_columns(entity) -%}
    {{ return(entity_data(entity).columns) }}
{%- endmacro %}

{#-
    What tells an entity's records apart within a source system; with the moment it was recorded and
    extracted, one version of a record. The first column is never NULL. A model may ask for fewer
    columns where the last of several records counts, never for others.
-#}
{% macro entity_key(entity) -%}
    {{ return(entity_data(entity).key) }}
{%- endmacro %}

{#-
    A staging model's rows with all columns of its entity, those it leaves out as NULL. A column that
    every source has to give, or that the entity does not have, stops the model by name: a name that
    is misspelled would otherwise be a column without values.
-#}
{% macro completed(sql) -%}
    {%- set entity = model.name.split('__')[1] -%}
    {%- set selected = get_column_schema_from_query(sql) | map(attribute='name') | list -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set lacking = entity_data(entity).required | reject('in', selected) | list -%}
    {%- set unknown = selected | reject('in', columns | map('first') | list) | list -%}
    {%- if lacking or unknown -%}
        {{ exceptions.raise_compiler_error(
            "it lacks columns of entity " ~ entity ~ " that every source has to give: "
            ~ lacking | join(', ') if lacking
            else "entity " ~ entity ~ " has no column " ~ unknown | join(', ')
        ) }}
    {%- endif %}
    select
        {%- for name, type in columns %}
        {{ name if name in selected else 'cast(null as ' ~ type ~ ') as ' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as delivered
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
    {%- if not entity_data(entity).currency_is_elsewhere -%}
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
