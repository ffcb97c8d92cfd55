{#- What a policy of the company file names is in the column. -#}
{% test company_file_names_are_known(model, column, policy) %}
{%- for name in var(policy) %}
select '{{ name | replace("'", "''") }}' as {{ column }}
from (select 1 as one_row) as named
where not exists (
    select 1 from {{ model }} where {{ column }} = '{{ name | replace("'", "''") }}'
)
union all
{%- endfor %}
select {{ column }}
from {{ model }}
where 1 = 0
{% endtest %}
