{#-
    Two ways to one total: an expression over this model equals an expression over another.
    `by` compares group by group, and rows that miss a value of it are a group; a group or a total
    that is on one side only is a failure. With `nothing_is_zero` it counts as 0: a side has no row
    for what comes to nothing.
-#}
{% test adds_up(
    model, expression, to, to_expression, by=[], only='1 = 1', to_only='1 = 1', tolerance=0,
    nothing_is_zero=false
) %}
with here as (
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        1 as is_here,
        {{ expression }} as total
    from {{ model }}
    where coalesce({{ only }}, true)
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
),

there as (
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        1 as is_there,
        {{ to_expression }} as total
    from {{ to }}
    where coalesce({{ to_only }}, true)
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
)

select
    {%- for column in by %}
    coalesce(here.{{ column }}, there.{{ column }}) as {{ column }},
    {%- endfor %}
    here.total as total_here,
    there.total as total_there
from here
full outer join there
    on
        {%- for column in by %}
        {{ 'and ' if not loop.first }}here.{{ column }} is not distinct from there.{{ column }}
        {%- endfor %}
        {%- if not by %} 1 = 1{% endif %}
where
    {%- if not nothing_is_zero %}
    here.is_here is null
    or there.is_there is null
    or (here.total is null and there.total is not null)
    or (here.total is not null and there.total is null)
    or
    {%- endif %}
    abs(coalesce(here.total, 0) - coalesce(there.total, 0)) > {{ tolerance }}
{% endtest %}
