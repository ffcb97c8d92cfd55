{#-
    No two rows of one key hold at once: half-open ranges, one or several a row, and only where all
    of them meet. A bound that is missing or an empty range is a failure as well.
-#}
{% test rectangles_do_not_overlap(model, key, ranges) %}
with numbered as (
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by {{ ranges | map('first') | join(', ') }}
        ) as row_in_key
    from {{ model }}
),

clashing as (
    select one.*
    from numbered as one
    inner join numbered as other
        on
            one.row_in_key < other.row_in_key
            {%- for column in key %}
            and one.{{ column }} is not distinct from other.{{ column }}
            {%- endfor %}
            {%- for first, last in ranges %}
            and one.{{ first }} < other.{{ last }}
            and one.{{ last }} > other.{{ first }}
            {%- endfor %}
)

select * from clashing

union all

select *
from numbered
where
    {%- for first, last in ranges %}
    {{ 'or ' if not loop.first }}coalesce({{ first }} >= {{ last }}, true)
    {%- endfor %}
{% endtest %}
