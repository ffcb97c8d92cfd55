{#- No row of the model may meet the condition. -#}
{% test no_rows(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}
