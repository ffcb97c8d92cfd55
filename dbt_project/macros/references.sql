{#-
    Records with the system whose record their id names: their own, where it has the id, else the
    only other one that has it. An id that several other systems have names nobody's record, and says
    so. `records` and `known` are CTEs; `known` has a row per source system and id, with the ids of
    what is gone, because another system's record of that id is another record.
-#}
{% macro addressed(records, known, id) -%}
    {%- set object = id.removesuffix('_id') -%}
    select
        {{ records }}.*,
        coalesce(own.source_system, elsewhere.only_system) as {{ object }}_system,
        coalesce(own.source_system is null and elsewhere.n_systems > 1, false)
            as is_{{ object }}_ambiguous
    from {{ records }}
    left join {{ known }} as own
        on
            {{ records }}.source_system = own.source_system
            and {{ records }}.{{ id }} = own.{{ id }}
    left join (
        select
            {{ id }},
            count(*) as n_systems,
            case when count(*) = 1 then min(source_system) end as only_system
        from {{ known }}
        group by {{ id }}
    ) as elsewhere
        on {{ records }}.{{ id }} = elsewhere.{{ id }}
{%- endmacro %}
