{#-
    The latest known version of each record of an entity, deleted ones left out.

    A later extract wins over an earlier one; within an extract the later stamp wins.
-#}
{% macro latest_versions(entity, keys) -%}
    select
        {%- for name, _ in entity_columns(entity) %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            row_number() over (
                partition by source_system, {{ keys | join(', ') }}
                order by extracted_at desc, recorded_at desc
            ) as version_rank
        from ({{ union_entity(entity) }}) as versions
    ) as ranked
    where version_rank = 1 and op = 'upsert'
{%- endmacro %}

{#- The rows of a raw table as last known, for looking something up in staging. -#}
{% macro current_rows(relation, keys) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by _extracted_at desc, _recorded_at desc
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1 and _op = 'upsert'
{%- endmacro %}
