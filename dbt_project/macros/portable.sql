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

{#- A timestamp some minutes later; the number may be an expression. -#}
{% macro add_minutes(moment, n_minutes) -%}
    {{ return(adapter.dispatch('add_minutes', 'salesops')(moment, n_minutes)) }}
{%- endmacro %}

{% macro default__add_minutes(moment, n_minutes) -%}
    {{ moment }} + to_minutes(cast({{ n_minutes }} as bigint))
{%- endmacro %}

{% macro spark__add_minutes(moment, n_minutes) -%}
    {{ moment }} + make_interval(0, 0, 0, 0, 0, cast({{ n_minutes }} as int), 0)
{%- endmacro %}

{#- A number from text that may be none; NULL then. -#}
{% macro try_decimal(text) -%}
    try_cast({{ text }} as decimal(18, 4))
{%- endmacro %}

{#- The company's day of a moment written as text: ISO, or milliseconds since 1970; else NULL. -#}
{% macro day_of_text(text) -%}
    {{ return(adapter.dispatch('day_of_text', 'salesops')(text)) }}
{%- endmacro %}

{% macro default__day_of_text(text) -%}
    coalesce(
        try_cast(substring({{ text }}, 1, 10) as date),
        {{ local_date('make_timestamp(try_cast(' ~ text ~ ' as bigint) * 1000)') }}
    )
{%- endmacro %}

{% macro spark__day_of_text(text) -%}
    coalesce(
        try_cast(substring({{ text }}, 1, 10) as date),
        {{ local_date('timestamp_millis(try_cast(' ~ text ~ ' as bigint))') }}
    )
{%- endmacro %}

{#- One row per item of a text; the delimiter is an SQL text. A column of a select of its own. -#}
{% macro each_of(text, delimiter) -%}
    {{ return(adapter.dispatch('each_of', 'salesops')(text, delimiter)) }}
{%- endmacro %}

{% macro default__each_of(text, delimiter) -%}
    unnest(string_split({{ text }}, {{ delimiter }}))
{%- endmacro %}

{% macro spark__each_of(text, delimiter) -%}
    explode(split({{ text }}, {{ delimiter }}))
{%- endmacro %}
