{#-
    Records with the system whose record their id names: their own, where it has the id, else the
    only other one that has it. An id that several other systems have names nobody's record, and says
    so. `records` and `known` are CTEs; `known` has a row per source system and id, with the ids of
    what is gone, because another system's record of that id is another record.

    With `merges`, a CTE of core_merge's rows of that object, `surviving_<id>` is what the record was
    merged into, or else the id itself.
-#}
{% macro addressed(records, known, id, merges=none) -%}
    {%- set object = id.removesuffix('_id') -%}
    select
        {{ records }}.*,
        coalesce(own.source_system, elsewhere.only_system) as {{ object }}_system,
        {%- if merges %}
        coalesce({{ merges }}.survivor_id, {{ records }}.{{ id }}) as surviving_{{ id }},
        {%- endif %}
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
    {%- if merges %}
    left join {{ merges }}
        on
            coalesce(own.source_system, elsewhere.only_system) = {{ merges }}.source_system
            and {{ records }}.{{ id }} = {{ merges }}.record_id
    {%- endif %}
{%- endmacro %}

{#-
    The account of documents, in whichever system it is: the CRM's where the id is known to stand for
    one, and what it was merged into. `addresses` is a CTE of core_account_address.
-#}
{% macro surviving_account(documents) -%}
    coalesce(
        own_address.surviving_account_id,
        only_address.surviving_account_id,
        {{ documents }}.account_id
    )
{%- endmacro %}

{% macro addresses_of(documents) -%}
    left join addresses as own_address
        on
            {{ documents }}.source_system = own_address.source_system
            and {{ documents }}.account_id = own_address.account_id
    left join addresses as only_address
        on
            own_address.account_id is null
            and only_address.source_system is null
            and {{ documents }}.account_id = only_address.account_id
{%- endmacro %}
