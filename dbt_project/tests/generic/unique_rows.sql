{#-
    The columns together identify a row, and none of them is missing but those in `may_be_missing`;
    rows that miss the same ones are compared by the others.
-#}
{% test unique_rows(model, columns, may_be_missing=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns if column not in may_be_missing %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
