{#- Half-open ranges of one key follow each other without overlap, and none is empty. -#}
{% test ranges_do_not_overlap(model, key, valid_from, valid_to, only='1 = 1') %}
with ranges as (
    select
        {{ key | join(', ') }},
        {{ valid_from }},
        {{ valid_to }},
        lead({{ valid_from }}) over (
            partition by {{ key | join(', ') }} order by {{ valid_from }}, {{ valid_to }}
        ) as next_valid_from
    from {{ model }}
    where {{ only }}
)

select *
from ranges
where
    {{ valid_from }} >= {{ valid_to }}
    or next_valid_from < {{ valid_to }}
{% endtest %}
