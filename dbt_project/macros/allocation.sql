{#- Sharing an amount out so that the parts add up to it exactly. -#}

{#-
    Largest remainder: every row's part of the whole by weight, cut to cents; the cents that are
    left go, one each, to the rows that lost most by the cut. Adds the column `part_amount`.

    The weights of a group must not all be 0. Days as weights are whole numbers, so that no part is
    off by the width of a float.
-#}
{% macro largest_remainder(relation, group, amount, weight, tie_break) -%}
    {%- set groups = group | join(', ') -%}
    select
        *,
        cast(
            cast(floor_cents as decimal(18, 4)) / 100
            + case when remainder_rank <= left_cents then 0.01 else 0 end
            + case
                when remainder_rank = 1 then {{ amount }} - cast(whole_cents as decimal(18, 4)) / 100
                else 0
            end
            as decimal(18, 4)
        ) as part_amount
    from (
        select
            *,
            whole_cents - sum(floor_cents) over (partition by {{ groups }}) as left_cents,
            row_number() over (
                partition by {{ groups }}
                order by exact_cents - floor_cents desc, {{ tie_break }}
            ) as remainder_rank
        from (
            select
                *,
                cast(floor(exact_cents) as bigint) as floor_cents
            from (
                select
                    *,
                    cast(floor(cast({{ amount }} as double) * 100) as bigint) as whole_cents,
                    floor(cast({{ amount }} as double) * 100) * cast({{ weight }} as double)
                    / sum(cast({{ weight }} as double)) over (partition by {{ groups }})
                        as exact_cents
                from {{ relation }}
            ) as weighed
        ) as cut
    ) as ranked
{%- endmacro %}

{#-
    What falls to the part of a whole that lies between two shares of it. The parts of neighbours
    add up without a remainder, whatever their number.
-#}
{% macro slice(amount, begins_pct='shares.begins_pct', ends_pct='shares.ends_pct') -%}
    cast(
        cast(cast({{ amount }} as decimal(20, 4)) * cast({{ ends_pct }} as decimal(12, 9)) as decimal(18, 4))
        - cast(cast({{ amount }} as decimal(20, 4)) * cast({{ begins_pct }} as decimal(12, 9)) as decimal(18, 4))
        as decimal(18, 4)
    )
{%- endmacro %}

{#- Months since year 0, so that differences are calendar months. -#}
{#- The fiscal months in their order, whatever days they begin on. -#}
{% macro numbered_months() -%}
    select
        period_key,
        starts_on,
        next_starts_on,
        row_number() over (order by starts_on) as month_number
    from {{ ref('core_fiscal_period') }}
    where period_type = 'month'
{%- endmacro %}

{#- The month of a ramp (M7) that a fiscal month is for somebody in the seat; 1 is the first. -#}
{% macro tenure_month(month_number, seat) -%}
    {{ month_number }} - {{ seat }}.first_month_number + 1
    {%- if var('ramp_anchor') == 'first_full_month' %}
    - case when {{ seat }}.is_from_first_of_month then 0 else 1 end
    {%- endif %}
{%- endmacro %}

{% macro month_number(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}))
{%- endmacro %}
