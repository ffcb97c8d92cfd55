{#-
    What models read with `source`: everything in the warehouse, or what had arrived by a day.

    With the variable `as_of` (a day, YYYY-MM-DD) a build sees the raw log and the ledger of batches
    as they were when the extracts up to that day had been loaded, and no later one. The raw log is
    a function of the landing folder, extract day by extract day, so the cut gives the very rows
    that the earlier extracts alone would give. The company's configuration is not history and
    stays as it is, and a build of an earlier day adds to no table. A schema this macro has no rule
    for is refused, so that nothing can slip past.
-#}
{% macro source(source_name, table_name) -%}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {%- set as_of = var('as_of', '') -%}
    {%- set delivered_on = {'raw': '_extracted_on', 'control': 'extract_on'}.get(relation.schema) -%}
    {#- While dbt only reads the project, a source is not yet known by its schema. -#}
    {%- if not execute or not as_of or relation.schema in ['config', 'increment'] -%}
        {{ return(relation) }}
    {%- elif not should_full_refresh() -%}
        {{ exceptions.raise_compiler_error(
            "a build as of " ~ as_of ~ " would add to tables that know later days: "
            "use --full-refresh in a warehouse of its own, as salesops as-of does"
        ) }}
    {%- elif delivered_on is none -%}
        {{ exceptions.raise_compiler_error(
            "source " ~ relation ~ " has no rule for builds as of an earlier day; known are the "
            "schemas raw, control, config and increment: add one to macros/sources.sql"
        ) }}
    {%- endif -%}
    {{ return("(select * from " ~ relation ~ " where " ~ delivered_on ~ " <= date '" ~ as_of ~ "')") }}
{%- endmacro %}
