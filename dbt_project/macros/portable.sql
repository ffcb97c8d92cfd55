{#- What DuckDB and Spark spell differently, each in one place. -#}

{#- The company's calendar day of a UTC timestamp. -#}
{% macro local_date(timestamp_utc) -%}
    {{ return(adapter.dispatch('local_date', 'salesops')(timestamp_utc)) }}
{%- endmacro %}

{% macro default__local_date(timestamp_utc) -%}
    cast(timezone('{{ var("time_zone") }}', timezone('UTC', {{ timestamp_utc }})) as date)
{%- endmacro %}

{% macro spark__local_date(timestamp_utc) -%}
    to_date(from_utc_timestamp({{ timestamp_utc }}, '{{ var("time_zone") }}'))
{%- endmacro %}

{#- A date some days later (or earlier); the number may be an expression. -#}
{% macro add_days(day, n_days) -%}
    {{ return(adapter.dispatch('add_days', 'salesops')(day, n_days)) }}
{%- endmacro %}

{% macro default__add_days(day, n_days) -%}
    cast({{ day }} + {{ n_days }} as date)
{%- endmacro %}

{% macro spark__add_days(day, n_days) -%}
    date_add({{ day }}, {{ n_days }})
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between', 'salesops')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    cast({{ last }} - {{ first }} as integer)
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{#- ISO weekday, Monday is 1. -#}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday', 'salesops')(day)) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    cast(isodow({{ day }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(day) -%}
    cast(weekday({{ day }}) + 1 as int)
{%- endmacro %}
