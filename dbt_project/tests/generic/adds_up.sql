{#-
    Two ways to one total: an expression over this model equals an expression over another.
    `by` compares group by group; a group that is on one side only is a failure.
-#}
{% test adds_up(model, expression, to, to_expression, by=[], only='1 = 1', to_only='1 = 1', tolerance=0) %}
with here as (
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ expression }} as total
    from {{ model }}
    where {{ only }}
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
),

there as (
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ to_expression }} as total
    from {{ to }}
    where {{ to_only }}
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
        {{ 'and ' if not loop.first }}here.{{ column }} = there.{{ column }}
        {%- endfor %}
        {%- if not by %} 1 = 1{% endif %}
where abs(coalesce(here.total, 0) - coalesce(there.total, 0)) > {{ tolerance }}
{% endtest %}
