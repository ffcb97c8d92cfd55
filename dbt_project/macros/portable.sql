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
{% macro try_decimal(text, scale=4) -%}
    try_cast({{ text }} as decimal(18, {{ scale }}))
{%- endmacro %}

{#-
    The company's day of what is written as text: a day stays that day; a moment (ISO, in UTC where it
    names no offset, or milliseconds since 1970) is the day it was in the company's time zone; else
    NULL.
-#}
{% macro day_of_text(text) -%}
    {{ return(adapter.dispatch('day_of_text', 'salesops')(text)) }}
{%- endmacro %}

{% macro default__day_of_text(text) -%}
    case
        when regexp_matches({{ text }}, '{{ _day_pattern() }}') then try_cast({{ text }} as date)
        when regexp_matches({{ text }}, '{{ _offset_pattern() }}')
            then {{ local_date("timezone('UTC', try_cast(" ~ text ~ " as timestamptz))") }}
        when regexp_matches({{ text }}, '{{ _moment_pattern() }}')
            then {{ local_date('try_cast(' ~ text ~ ' as timestamp)') }}
        when {{ _is_epoch(text) }}
            then {{ local_date('make_timestamp(' ~ _epoch(text) ~ ' * 1000)') }}
    end
{%- endmacro %}

{% macro spark__day_of_text(text) -%}
    case
        when {{ text }} rlike '{{ _day_pattern() }}' then try_cast({{ text }} as date)
        when {{ text }} rlike '{{ _moment_pattern() }}'
            then {{ local_date('try_cast(' ~ text ~ ' as timestamp)') }}
        when {{ _is_epoch(text) }}
            then {{ local_date('timestamp_millis(' ~ _epoch(text) ~ ')') }}
    end
{%- endmacro %}

{#- No backslashes: the engines read them differently inside a text. -#}
{% macro _day_pattern() -%} ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ {%- endmacro %}
{% macro _moment_pattern() -%} ^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2} {%- endmacro %}
{% macro _offset_pattern() -%}
    {{ _moment_pattern() }}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$
{%- endmacro %}

{#-
    Milliseconds as systems write them, also 1.7E12; nothing beyond the year 9999, and nothing that
    could as well be seconds or a day without dashes (20260301).
-#}
{% macro _epoch(text) -%} cast(try_cast({{ text }} as double) as bigint) {%- endmacro %}
{% macro _is_epoch(text) -%}
    abs(try_cast({{ text }} as double)) >= 100000000000
    and abs(try_cast({{ text }} as double)) < 253402300800000
{%- endmacro %}

{#- The first instant of a day in the company's time zone, as naive UTC. -#}
{% macro day_start(day) -%}
    {{ return(adapter.dispatch('day_start', 'salesops')(day)) }}
{%- endmacro %}

{% macro default__day_start(day) -%}
    timezone('UTC', timezone('{{ var("time_zone") }}', cast({{ day }} as timestamp)))
{%- endmacro %}

{% macro spark__day_start(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("time_zone") }}')
{%- endmacro %}

{#- The last instant of a day in the company's time zone, as a UTC timestamp. -#}
{% macro day_end(day) -%}
    {{ return(adapter.dispatch('day_end', 'salesops')(day)) }}
{%- endmacro %}

{% macro default__day_end(day) -%}
    timezone('UTC', timezone('{{ var("time_zone") }}', cast({{ add_days(day, 1) }} as timestamp)))
    - interval '1 microsecond'
{%- endmacro %}

{% macro spark__day_end(day) -%}
    to_utc_timestamp(cast({{ add_days(day, 1) }} as timestamp), '{{ var("time_zone") }}')
    - interval '1' microsecond
{%- endmacro %}

{#-
    What the newest row that speaks of something said of it, up to this row or after it: the fields
    of a struct, because what was said may be NULL. NULL where no row speaks. The named window orders
    the rows and ends with the current one (`last_said`) or begins after it (`next_said`).
-#}
{% macro last_said(says, fields, window) -%}
    {{ return(adapter.dispatch('said', 'salesops')('last_value', says, fields, window)) }}
{%- endmacro %}

{% macro next_said(says, fields, window) -%}
    {{ return(adapter.dispatch('said', 'salesops')('first_value', says, fields, window)) }}
{%- endmacro %}

{% macro default__said(function, says, fields, window) -%}
    {{ function }}(
        case
            when {{ says }}
                then struct_pack(
                    {%- for name, value in fields.items() %}
                    {{ name }} := {{ value }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
        end ignore nulls
    ) over {{ window }}
{%- endmacro %}

{% macro spark__said(function, says, fields, window) -%}
    {{ function }}(
        case
            when {{ says }}
                then named_struct(
                    {%- for name, value in fields.items() %}
                    '{{ name }}', {{ value }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
        end
    ) ignore nulls over {{ window }}
{%- endmacro %}

{#- A field of a struct. -#}
{% macro struct_field(struct, name) -%}
    {{ return(adapter.dispatch('struct_field', 'salesops')(struct, name)) }}
{%- endmacro %}

{% macro default__struct_field(struct, name) -%}
    struct_extract({{ struct }}, '{{ name }}')
{%- endmacro %}

{% macro spark__struct_field(struct, name) -%}
    {{ struct }}.{{ name }}
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

{#-
    Versions in the order in which people count them: 10 after 9, v10 after v9, 1.10 after 1.9, and
    a number after a word. Every number is made as long as any other.
-#}
{% macro version_order(version) -%}
    case when lower(trim({{ version }})) < ':' then '1' else '0' end
    || {{ adapter.dispatch('pad_numbers', 'salesops')('lower(trim(' ~ version ~ '))') }}
{%- endmacro %}

{% macro default__pad_numbers(text) -%}
    regexp_replace(
        regexp_replace({{ text }}, '([0-9]+)', '{{ '0' * 20 }}\1', 'g'),
        '[0-9]*([0-9]{20})', '\1', 'g'
    )
{%- endmacro %}

{% macro spark__pad_numbers(text) -%}
    regexp_replace(
        regexp_replace({{ text }}, '([0-9]+)', '{{ '0' * 20 }}$1'), '[0-9]*([0-9]{20})', '$1'
    )
{%- endmacro %}

{#- A text of the company file as a literal, whatever letters are in it. -#}
{% macro text_literal(value) -%}
    {{ adapter.dispatch('text_literal', 'salesops')(value) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
