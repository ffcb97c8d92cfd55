{#-
    What models read with `source`: everything of the enabled sources, or what had arrived by a day.

    The warehouse keeps what a source delivered before it was taken out of the company file. Its raw
    tables are read by nobody, as only enabled sources have staging models; of the ledger, which
    holds all sources, a build sees the enabled ones (`enabled_sources`).

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
    {%- set enabled = var('enabled_sources', []) if relation.schema == 'control' else [] -%}
    {%- set delivered_on = {'raw': '_extracted_on', 'control': 'extract_on'}.get(relation.schema) -%}
    {#- While dbt only reads the project, a source is not yet known by its schema. -#}
    {%- if not execute or relation.schema in ['config', 'increment'] -%}
        {{ return(relation) }}
    {%- elif as_of and not should_full_refresh() -%}
        {{ exceptions.raise_compiler_error(
            "a build as of " ~ as_of ~ " would add to tables that know later days: "
            "use --full-refresh in a warehouse of its own, as salesops as-of does"
        ) }}
    {%- elif as_of and delivered_on is none -%}
        {{ exceptions.raise_compiler_error(
            "source " ~ relation ~ " has no rule for builds as of an earlier day; known are the "
            "schemas raw, control, config and increment: add one to macros/sources.sql"
        ) }}
    {%- endif -%}
    {%- set conditions = [] -%}
    {%- if as_of -%}
        {%- do conditions.append(delivered_on ~ " <= date '" ~ as_of ~ "'") -%}
    {%- endif -%}
    {%- if enabled -%}
        {%- do conditions.append("source in ('" ~ enabled | join("', '") ~ "')") -%}
    {%- endif -%}
    {%- if not conditions -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return("(select * from " ~ relation ~ " where " ~ conditions | join(" and ") ~ ")") }}
{%- endmacro %}

{#- Whether a column is one of some texts; never, where there are none. -#}
{% macro is_one_of(column, texts) -%}
    {%- if texts -%}
    {{ column }} in ('{{ texts | join("', '") }}')
    {%- else -%}
    1 = 0
    {%- endif -%}
{%- endmacro %}
