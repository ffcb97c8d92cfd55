{#- The column identifies a row: no value twice, and none missing. dbt's own lets missing ones pass. -#}
{% test unique(model, column_name) %}
select
    {{ column_name }},
    count(*) as n_rows
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null
{% endtest %}
