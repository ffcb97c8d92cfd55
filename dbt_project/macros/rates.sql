{#-
    Steps from `rates` (versions of published rates) to `known_rates`: company currency per unit of
    each currency on each day of `asked`, as known over half-open ranges of days, by the last rate
    published on or before the day that is fresh enough. Both are steps of the model before this.

    Before a day's first rate was known there was none to show: it stands for those days as well.
-#}
{% macro rates_as_known() -%}
    {%- set company = "'" ~ var('currency') ~ "'" -%}
    -- The base currency of a rate table is worth 1 of itself on every day it is published.
    quoted as (
        select
            rate_on,
            base_currency,
            quote_currency,
            known_from_on,
            known_to_on,
            rate
        from rates

        union

        select
            rate_on,
            base_currency,
            base_currency as quote_currency,
            known_from_on,
            known_to_on,
            cast(1 as decimal(18, 9)) as rate
        from rates
    ),

    both_sides as (
        select
            day_on,
            currency
        from asked

        union

        select
            day_on,
            {{ company }} as currency
        from asked
    ),

    fresh as (
        select
            both_sides.day_on,
            quoted.rate_on,
            quoted.base_currency,
            quoted.quote_currency,
            quoted.known_from_on,
            quoted.known_to_on,
            quoted.rate
        from both_sides
        inner join quoted
            on
                both_sides.currency = quoted.quote_currency
                and both_sides.day_on >= quoted.rate_on
                and {{ add_days('both_sides.day_on', '-' ~ var('max_rate_age_days')) }}
                <= quoted.rate_on
    ),

    rate_points as (
        select
            day_on,
            base_currency,
            known_from_on as point_on
        from fresh

        union

        select
            day_on,
            base_currency,
            known_to_on as point_on
        from fresh
        where known_to_on < {{ open_end() }}
    ),

    -- Of those known at a time the last one published.
    ranked_rates as (
        select
            fresh.*,
            rate_points.point_on,
            row_number() over (
                partition by
                    fresh.day_on, fresh.base_currency, fresh.quote_currency, rate_points.point_on
                order by fresh.rate_on desc
            ) as age_rank
        from rate_points
        inner join fresh
            on
                rate_points.day_on = fresh.day_on
                and rate_points.base_currency = fresh.base_currency
                and rate_points.point_on >= fresh.known_from_on
                and rate_points.point_on < fresh.known_to_on
    ),

    chosen_rates as (select * from ranked_rates where age_rank = 1),

    crossed as (
        select
            foreign_side.day_on,
            foreign_side.rate_on,
            foreign_side.point_on,
            foreign_side.quote_currency as currency,
            foreign_side.base_currency,
            cast(company_side.rate / foreign_side.rate as decimal(18, 9)) as rate
        from chosen_rates as foreign_side
        inner join chosen_rates as company_side
            on
                foreign_side.day_on = company_side.day_on
                and foreign_side.base_currency = company_side.base_currency
                and foreign_side.point_on = company_side.point_on
                and company_side.quote_currency = {{ company }}
        where foreign_side.quote_currency <> {{ company }}
    ),

    compared_rates as (
        select
            *,
            row_number() over by_currency as turn,
            lag(rate) over by_currency as was_rate,
            lag(rate_on) over by_currency as was_rate_on
        from crossed
        window by_currency as (partition by currency, base_currency, day_on order by point_on)
    ),

    rate_turns as (
        select
            currency,
            base_currency,
            day_on,
            rate_on,
            case when turn = 1 then {{ from_the_start() }} else point_on end as known_from_on,
            rate
        from compared_rates
        where turn = 1 or rate <> was_rate or rate_on <> was_rate_on
    ),

    known_rates as (
        select
            currency,
            day_on,
            rate_on,
            known_from_on,
            coalesce(
                lead(known_from_on) over (
                    partition by currency, base_currency, day_on order by known_from_on
                ),
                {{ open_end() }}
            ) as known_to_on,
            rate
        from rate_turns
    )
{%- endmacro %}
