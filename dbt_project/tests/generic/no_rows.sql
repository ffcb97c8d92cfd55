{#-
    No row of the model may meet the condition. A row of which nobody can tell, as a value the
    condition asks for is missing, fails as well, unless `unknown_passes` says why it may.
-#}
{% test no_rows(model, condition, unknown_passes='') %}
select *
from {{ model }}
where coalesce({{ condition }}, {{ 'false' if unknown_passes else 'true' }})
{% endtest %}
