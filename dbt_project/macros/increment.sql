{#-
    Building only what new batches change. Python decides whether an increment is safe
    (`pipelines/transform/increment.py`); otherwise dbt runs with --full-refresh and these filters
    are not there.
-#}

{#- A table that increments replace in part; Spark's Parquet tables know no delete: built whole. -#}
{% macro incremental_where_possible() -%}
    {{ return('incremental' if target.type == 'duckdb' else 'table') }}
{%- endmacro %}

{#-
    Take out the days an increment puts in again. A hook and not a unique key, because a day that
    was the latest may have no successor row at all.
-#}
{% macro forget_changed_days(day) -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where {{ day }} >= (select first_changed_on from {{ ref('core_changed_day') }})
    {%- endif %}
{%- endmacro %}

{#- The same of deals: of one that is computed again, nothing may be left to put in again. -#}
{% macro forget_changed_opportunities() -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where opportunity_key in (select opportunity_key from {{ ref('core_changed_opportunity') }})
    {%- endif %}
{%- endmacro %}
