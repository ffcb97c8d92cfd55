{#- When a period or a cohort has been watched long enough for its rate to mean something. -#}

{#-
    Whether a period began before the first day on which a booking stands (METRICS M85): what ended
    before that day is not on record. False where no system keeps deals and nothing can be missing.
-#}
{% macro is_left_truncated(period_start_on, first_observed_on) -%}
    coalesce({{ period_start_on }} < {{ first_observed_on }}, false)
{%- endmacro %}

{#-
    Whether even who joined a cohort on its last day had the horizon's days by now (METRICS M86).
    False where nothing is known of how long it takes.
-#}
{% macro is_mature(next_starts_on, horizon_days, as_of_on) -%}
    coalesce(
        {{ days_between(next_starts_on, as_of_on) }} + 1 >= {{ horizon_days }}, false
    )
{%- endmacro %}
