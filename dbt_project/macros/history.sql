{#-
    What a missing day of a range means, for every entity: without a first day it has been so from
    the start, without an end it lasts. Without a column, the day that stands for it.
-#}
{% macro from_the_start(first_day=none) -%}
    {%- set since = "date '1900-01-01'" -%}
    {{ since if first_day is none else 'coalesce(' ~ first_day ~ ', ' ~ since ~ ')' }}
{%- endmacro %}

{% macro open_end(end_day=none) -%}
    {%- set open = "date '9999-12-31'" -%}
    {{ open if end_day is none else 'coalesce(' ~ end_day ~ ', ' ~ open ~ ')' }}
{%- endmacro %}

{#-
    Half-open ranges between the days on which something changes: each lasts until the next one of
    its kind, the last one for good, or until there is none (`last_end='null'`).
-#}
{% macro ranges_between(
    points, by, point='point_on', starts='known_from_on', ends='known_to_on', last_end=none
) -%}
    select
        {%- for name in by %}
        {{ name }},
        {%- endfor %}
        {{ point }} as {{ starts }},
        coalesce(
            lead({{ point }}) over (partition by {{ by | join(', ') }} order by {{ point }}),
            {{ open_end() if last_end is none else last_end }}
        ) as {{ ends }}
    from {{ points }}
{%- endmacro %}

{#-
    Ranges that follow each other without a gap and say the same, as one: a day on which something
    became known that changes nothing here is no change.
-#}
{% macro merged_ranges(relation, by, says, starts='known_from_on', ends='known_to_on') -%}
    select
        {%- for name in by + says %}
        {{ name }},
        {%- endfor %}
        min({{ starts }}) as {{ starts }},
        max({{ ends }}) as {{ ends }}
    from (
        select
            *,
            sum(is_new) over (
                partition by {{ by | join(', ') }} order by {{ starts }}
                rows between unbounded preceding and current row
            ) as island
        from (
            select
                *,
                case
                    when
                        lag({{ ends }}) over by_range = {{ starts }}
                        {%- for name in says %}
                        and (
                            lag({{ name }}) over by_range = {{ name }}
                            or lag({{ name }}) over by_range is null and {{ name }} is null
                        )
                        {%- endfor %}
                        then 0
                    else 1
                end as is_new
            from {{ relation }}
            window by_range as (partition by {{ by | join(', ') }} order by {{ starts }})
        ) as compared
    ) as islands
    group by {{ (by + says) | join(', ') }}, island
{%- endmacro %}

{#- Whether a day has a fiscal period; unknown of a day that is missing. -#}
{% macro is_in_the_calendar(day) -%}
    {{ day }} >= date '{{ var("calendar_from") }}' and {{ day }} <= date '{{ var("calendar_to") }}'
{%- endmacro %}

{#- One text for what the columns hold together, so that rows can be told to say the same. -#}
{% macro state_of(columns) -%}
    md5(
        {%- for column in columns -%}
        coalesce('=' || cast({{ column }} as varchar), '') || '|'{{ ' || ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

{#-
    The latest known version of each record of an entity, deleted ones left out; with `gone`, of the
    deleted ones alone.

    A later extract wins over an earlier one; within an extract the later stamp wins, and between
    equal stamps the line further down.
-#}
{% macro latest_versions(entity, keys, gone=false) -%}
    {%- set names = entity_columns(entity) | map('first') | list -%}
    select
        {%- for name in names %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            row_number() over (
                partition by source_system, {{ keys | join(', ') }}
                order by extracted_at desc, recorded_at desc, source_file desc, source_line desc
            ) as version_rank
        from ({{ union_entity(entity) }}) as versions
    ) as ranked
    {%- if not gone %}
    where version_rank = 1 and op = 'upsert'
    {%- elif 'is_deleted' in names %}
    where version_rank = 1 and (op = 'delete' or is_deleted)
    {%- else %}
    where version_rank = 1 and op = 'delete'
    {%- endif %}
{%- endmacro %}

{#-
    Every version of each record of an entity with the half-open range of days for which it was
    known, `known_from_on` to `known_to_on`; ranges of a deletion are left out.

    A day holds what was known at its end. What a source's first delivery says is taken to have been
    known before: nobody can tell since when. A version that comes late is known from when its
    predecessor was, at the earliest, so that the last range is what `latest_versions` gives.

    `not_before`: an expression for the first day on which the record can have been known.
-#}
{% macro known_versions(entity, keys, not_before="date '1900-01-01'") -%}
    {%- set key = ['source_system'] + keys -%}
    select
        {%- for name, _ in entity_columns(entity) %}
        {{ name }},
        {%- endfor %}
        known_from_on,
        known_to_on
    from (
        select
            *,
            coalesce(
                lead(known_from_on) over (
                    partition by {{ key | join(', ') }} order by known_from_on
                ),
                date '9999-12-31'
            ) as known_to_on
        from (
            select
                *,
                row_number() over (
                    partition by {{ key | join(', ') }}, known_from_on
                    order by
                        extracted_at desc, recorded_at desc, source_file desc, source_line desc
                ) as day_rank
            from (
                select
                    *,
                    max(said_on) over (
                        partition by {{ key | join(', ') }}
                        order by extracted_at, recorded_at
                        rows between unbounded preceding and current row
                    ) as known_from_on
                from (
                    select
                        *,
                        greatest(
                            case
                                when
                                    extracted_at
                                    = min(extracted_at) over (partition by source_system)
                                    then date '1900-01-01'
                                else {{ local_date('recorded_at') }}
                            end,
                            {{ not_before }}
                        ) as said_on
                    from ({{ union_entity(entity) }}) as versions
                ) as said
            ) as known
        ) as ranked
        where day_rank = 1
    ) as ranges
    where op = 'upsert'
{%- endmacro %}

{#-
    The rows of a raw table with the half-open time for which each was the last one said of its
    record, `said_from` to `said_to`; what is first known of a record is taken to have been so
    before. For looking up in staging what was known at the time.
-#}
{% macro rows_as_said(relation, keys) -%}
    select
        *,
        case
            when row_number() over (
                partition by {{ keys | join(', ') }} order by _recorded_at, _extracted_at
            ) = 1
                then cast('1900-01-01 00:00:00' as timestamp)
            else _recorded_at
        end as said_from,
        coalesce(
            lead(_recorded_at) over (
                partition by {{ keys | join(', ') }} order by _recorded_at, _extracted_at
            ),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as said_to
    from {{ relation }}
{%- endmacro %}

{#- The rows of a raw table as last known, for looking something up in staging. -#}
{% macro current_rows(relation, keys) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by _extracted_at desc, _recorded_at desc, _file desc, _line desc
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1 and _op = 'upsert'
{%- endmacro %}
