{#-
    Every value that is set is found in the other model; keys of several columns are compared whole.
    A reference that is not set refers to nothing and is left alone.
-#}
{% test resolves(model, columns, to, to_columns=none, only='1 = 1') %}
{%- set to_columns = to_columns or columns %}
select referring.*
from {{ model }} as referring
left join (
    select distinct {{ to_columns | join(', ') }}
    from {{ to }}
) as referred
    on
        {%- for column in columns %}
        {{ 'and ' if not loop.first }}referring.{{ column }} = referred.{{ to_columns[loop.index0] }}
        {%- endfor %}
where
    referred.{{ to_columns[0] }} is null
    {%- for column in columns %}
    and referring.{{ column }} is not null
    {%- endfor %}
    and coalesce({{ only }}, true)
{% endtest %}
