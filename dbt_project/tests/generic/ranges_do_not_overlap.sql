{#-
    Half-open ranges of one key follow each other without overlap, none is empty, and each has its
    two ends; with `is_open_ended` one without an end lasts for ever.
-#}
{% test ranges_do_not_overlap(model, key, valid_from, valid_to, only='1 = 1', is_open_ended=false) %}
with ranges as (
    select
        {{ key | join(', ') }},
        {{ valid_from }},
        {{ valid_to }},
        lead({{ valid_from }}) over (
            partition by {{ key | join(', ') }}
            order by
                {{ valid_from }} asc,
                case when {{ valid_to }} is null then 1 else 0 end asc,
                {{ valid_to }} asc
        ) as next_valid_from
    from {{ model }}
    where coalesce({{ only }}, true)
)

select *
from ranges
where
    {{ valid_from }} is null
    {%- if is_open_ended %}
    or (next_valid_from is not null and {{ valid_to }} is null)
    {%- else %}
    or {{ valid_to }} is null
    {%- endif %}
    or {{ valid_from }} >= {{ valid_to }}
    or next_valid_from < {{ valid_to }}
{% endtest %}
