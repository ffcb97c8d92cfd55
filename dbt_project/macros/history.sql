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
