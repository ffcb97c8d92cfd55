{#- What sources tell of a deal: name and type, as in the entity `opportunity`. -#}

{#- Saved by every row of a CRM's history of deals. -#}
{% macro state_attributes() -%}
    {{ return([
        ('stage_value', 'varchar'), ('amount', 'decimal(18,4)'), ('close_on', 'date'),
        ('probability_pct', 'decimal(9,6)'), ('forecast_category_value', 'varchar'),
        ('expected_revenue_amount', 'decimal(18,4)'),
    ]) }}
{%- endmacro %}

{#- The rest of what a change of a field can be about. -#}
{% macro other_attributes() -%}
    {{ return([
        ('currency', 'varchar'), ('owner_id', 'varchar'), ('account_id', 'varchar'),
        ('campaign_id', 'varchar'), ('opportunity_type', 'varchar'), ('lead_source', 'varchar'),
        ('next_step', 'varchar'), ('opportunity_name', 'varchar'),
    ]) }}
{%- endmacro %}

{#- Only the record itself tells these. -#}
{% macro record_attributes() -%}
    {{ return([
        ('product_value', 'varchar'), ('created_on', 'date'), ('source_status', 'varchar'),
    ]) }}
{%- endmacro %}

{#- Follow from the stage, so that another stage makes what was said of them void. -#}
{% macro attributes_of_stage() -%}
    {{ return(['probability_pct', 'forecast_category_value', 'expected_revenue_amount']) }}
{%- endmacro %}

{#-
    What an attribute follows from. A change of one field that comes without the attribute leaves
    it unknown: a log of fields has the amount, and not the product that the CRM makes of it.
-#}
{% macro follows_from(name) -%}
    {%- set others = ['stage_value'] if name in attributes_of_stage() else [] -%}
    {%- if name == 'expected_revenue_amount' -%}
        {%- set others = others + ['amount', 'probability_pct'] -%}
    {%- endif -%}
    {{ return(others) }}
{%- endmacro %}

{#- The text of a change of a field as a value of the attribute's type; NULL where it cannot be read. -#}
{% macro value_of_text(text, type, name) -%}
    {%- if name == 'currency' -%}
        {{ currency_code(text) }}
    {%- elif type == 'date' -%}
        {{ day_of_text(text) }}
    {%- elif type == 'decimal(9,6)' -%}
        cast({{ try_decimal(text, 9) }} / divisor as decimal(9, 6))
    {%- elif type == 'decimal(18,4)' -%}
        {{ try_decimal(text) }}
    {%- else -%}
        {{ text }}
    {%- endif -%}
{%- endmacro %}

{#-
    The first delivery of each row of a history, of the deals that an increment computes again. A
    history row reports an event: delivered again with other bookkeeping columns, for another deal,
    or gone with its deal, it is still the same event. The model has them in a CTE `changed`.
-#}
{% macro first_deliveries(entity) -%}
    select ranked.*
    from (
        select
            deliveries.*,
            row_number() over (
                partition by deliveries.source_system, deliveries.change_id
                order by deliveries.extracted_at, deliveries.recorded_at
            ) as delivery
        from ({{ union_entity(entity) }}) as deliveries
        {% if is_incremental() -%}
        inner join (
            select distinct
                told.source_system,
                told.change_id
            from ({{ union_entity(entity) }}) as told
            inner join changed
                on
                    told.source_system = changed.source_system
                    and told.opportunity_id = changed.opportunity_id
        ) as events
            on
                deliveries.source_system = events.source_system
                and deliveries.change_id = events.change_id
        {%- endif %}
    ) as ranked
    {% if is_incremental() -%}
    inner join changed
        on
            ranked.source_system = changed.source_system
            and ranked.opportunity_id = changed.opportunity_id
    {% endif -%}
    where ranked.delivery = 1 and ranked.opportunity_id is not null
{%- endmacro %}

{#- Attributes that not every source's records have, as a CRM may have them in its history alone. -#}
{% macro not_in_every_record() -%}
    {{ return(['probability_pct', 'forecast_category_value']) }}
{%- endmacro %}

{#-
    What the first delivery of a source's history says is taken to have been known before. Of records
    also since when they tell of an attribute: from then on an empty value says that there is none.
-#}
{% macro first_extracts(entity) -%}
    select
        source_system,
        min(extracted_at) as first_extracted_at
        {%- for name in not_in_every_record() if entity == 'opportunity' %},
        min(case when {{ name }} is not null then extracted_at end) as {{ name }}_told_from
        {%- endfor %}
    from ({{ union_entity(entity) }}) as deliveries
    group by source_system
{%- endmacro %}

{#-
    What one kind of witness says of deals, attribute by attribute: whether it speaks of it, what it
    says, whether it knows what was before, and what that was. Of two witnesses of one moment the
    heavier one counts, the record because it is whole. What a source's first extract says is
    believed of days before it, what a later one says was not known before.
-#}
{% macro witnesses_of(kind, table, first_extracts, first_records=none) -%}
    {%- set weights = {'absence': 1, 'field': 2, 'state': 3, 'record': 4, 'merge': 5} -%}
    {%- set of_states = state_attributes() | map(attribute=0) | list -%}
    select
        '{{ kind }}' as kind,
        {{ weights[kind] }} as weight,
        {#- Ids count up; as text, 10 would come before 9. #}
        {% if kind in ['state', 'field'] -%}
        lpad(cast(length(told.change_id) as varchar), 4, '0') || told.change_id as tie,
        {%- else -%}
        cast(told.extracted_at as varchar) as tie,
        {%- endif %}
        told.source_system,
        told.opportunity_id,
        told.recorded_at,
        told.batch_id,
        told.source_file,
        told.source_line,
        {% if kind == 'record' -%}
        told.op = 'delete' or coalesce(told.is_deleted, false) as is_gone,
        {%- else -%}
        {{ 'true' if kind in ['absence', 'merge'] else 'false' }} as is_gone,
        {%- endif %}
        told.extracted_at as learned_at,
        case
            when told.extracted_at > firsts.first_extracted_at then told.extracted_at
            else cast('1900-01-01 00:00:00' as timestamp)
        end as believed_from
        {%- for name, type in state_attributes() + other_attributes() %}
        {%- if kind == 'record' %},
        {% if name == 'currency' -%}
        {#- Money that was in a currency is not in none because an export leaves it out. -#}
        told.currency is not null
        {%- elif name in not_in_every_record() -%}
        coalesce(told.extracted_at >= firsts.{{ name }}_told_from, false)
        {%- else -%}
        true
        {%- endif %} as says_{{ name }},
        told.{{ name }},
        {{ 'false' if name == 'stage_value' else 'true' }} as knows_{{ name }},
        told.{{ name }} as was_{{ name }}
        {%- elif kind == 'field' %},
        told.says_{{ name }}
        {%- for other in follows_from(name) %} or told.says_{{ other }}{% endfor %}
            as says_{{ name }},
        told.{{ name }},
        told.says_{{ name }} as knows_{{ name }},
        told.was_{{ name }}
        {%- elif kind == 'state' and name in of_states + ['currency'] %},
        not told.is_overtaken
        {%- if name == 'currency' %} and told.currency is not null
        {%- elif name in not_in_every_record() %}
        or (
            told.{{ name }} is not null
            and coalesce(told.extracted_at < records_of.{{ name }}_told_from, true)
        )
        {%- endif %} as says_{{ name }},
        told.{{ name }},
        false as knows_{{ name }},
        cast(null as {{ type }}) as was_{{ name }}
        {%- else %},
        false as says_{{ name }},
        cast(null as {{ type }}) as {{ name }},
        false as knows_{{ name }},
        cast(null as {{ type }}) as was_{{ name }}
        {%- endif %}
        {%- endfor %}
        {%- for name, type in record_attributes() %},
        {{ 'told.' ~ name if kind == 'record' else 'cast(null as ' ~ type ~ ')' }} as {{ name }}
        {%- endfor %}
    from {{ table }} as told
    left join {{ first_extracts }} as firsts on told.source_system = firsts.source_system
    {%- if first_records %}
    left join {{ first_records }} as records_of on told.source_system = records_of.source_system
    {%- endif %}
{%- endmacro %}

{#-
    What an attribute was at a moment: what was said of it last; else what it was before the next
    change of it that was known then. What follows from a stage follows from no other.
-#}
{% macro attribute_at_moment(name) -%}
    case
        when last_{{ name }} is not null then {{ struct_field('last_' ~ name, 'value') }}
        {%- for next in ['next_' ~ name, 'told_' ~ name] %}
        when
            {{ struct_field(next, 'believed_from') }} <= learned_at
            then
            case
                when
                    {{ struct_field(next, 'is_known') }}
                    {%- if name in attributes_of_stage() %}
                    and coalesce({{ struct_field(next, 'stage_value') }}, stage_value) = stage_value
                    {%- endif %}
                    then {{ struct_field(next, 'value') }}
            end
        {%- endfor %}
    end as {{ name }}
{%- endmacro %}

{#- The same of what only records tell. -#}
{% macro record_at_moment(name) -%}
    case
        when last_record is not null then {{ struct_field('last_record', name) }}
        {%- for next in ['next_record', 'told_record'] %}
        when {{ struct_field(next, 'believed_from') }} <= learned_at
            then {{ struct_field(next, name) }}
        {%- endfor %}
    end as {{ name }}
{%- endmacro %}

{#-
    The next record after a row, and of every attribute what the next to speak of it says it was
    before, as `<prefix>_record` and `<prefix>_<attribute>`.
-#}
{% macro heard_afterwards(prefix, window) -%}
    {%- set of_record = {'believed_from': 'believed_from'} -%}
    {%- for name, _ in record_attributes() -%}
        {%- do of_record.update({name: name}) -%}
    {%- endfor -%}
    {{ next_said("kind = 'record'", of_record, window) }} as {{ prefix }}_record
    {%- for name, type in state_attributes() + other_attributes() %},
    {{ next_said('says_' ~ name, {
        'value': 'was_' ~ name, 'is_known': 'knows_' ~ name, 'believed_from': 'believed_from',
        'stage_value': "case when kind = 'record' then stage_value end",
    }, window) }} as {{ prefix }}_{{ name }}
    {%- endfor %}
{%- endmacro %}

{#- What `heard_afterwards` gives, of another relation. -#}
{% macro told_attributes(relation) -%}
    {{ relation }}.told_record
    {%- for name, _ in state_attributes() + other_attributes() %},
    {{ relation }}.told_{{ name }}
    {%- endfor %}
{%- endmacro %}

{#-
    The newest evidence and the newest record up to a row, the next record after it, and of every
    attribute who spoke of it last and what the next to speak of it says it was before.
-#}
{% macro heard_of_attributes() -%}
    {%- set of_record = {} -%}
    {%- for name, _ in record_attributes() -%}
        {%- do of_record.update({name: name}) -%}
    {%- endfor -%}
    {{ last_said("kind in ('record', 'state', 'field')", {'is_history': "kind <> 'record'"}, 'so_far') }}
        as last_evidence,
    {{ last_said("kind = 'record'", dict(of_record, is_gone='is_gone'), 'so_far') }} as last_record,
    {{ heard_afterwards('next', 'afterwards') }}
    {%- for name, type in state_attributes() + other_attributes() %},
    {{ last_said('says_' ~ name, {'value': name}, 'so_far') }} as last_{{ name }}
    {%- endfor %}
{%- endmacro %}

{#- Every attribute but the stage, which comes first because others follow from it. -#}
{% macro attributes_at_moment() -%}
    {%- for name, _ in record_attributes() -%}
    {{ record_at_moment(name) }},
    {% endfor -%}
    {%- for name, _ in state_attributes() + other_attributes() if name != 'stage_value' -%}
    {{ attribute_at_moment(name) }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- Of the fields that changed at a moment: whether one is of the attribute, and its two values. -#}
{% macro changed_attribute(name, type) -%}
    max(case when attribute = '{{ name }}' then 1 else 0 end) = 1 as says_{{ name }},
    max(case when attribute = '{{ name }}' then {{ value_of_text('new_value', type, name) }} end) as {{ name }},
    max(case when attribute = '{{ name }}' then {{ value_of_text('old_value', type, name) }} end) as was_{{ name }}
{%- endmacro %}

{#-
    Steps from `dated` (versions of deals) and `prices` to `ranges`, in which a version says by
    `price_known_on` as of which day its list price is looked up: the last known one, but for an
    open deal without an amount where the company file takes the list price for it. That amount is
    the one known at the time: where the price changes, another version begins.
-#}
{% macro prices_as_known() -%}
{%- set last_known = add_days(open_end(), -1) -%}
{%- if var('missing_open_amount') != 'list_price' -%}
ranges as (
    select
        *,
        mapped_from as range_from,
        mapped_to as range_to,
        {{ last_known }} as price_known_on
    from dated
),
{%- else -%}
price_days as (
    select distinct
        source_system,
        product_id,
        currency,
        known_from_on as changed_on
    from prices

    union

    select distinct
        source_system,
        product_id,
        currency,
        known_to_on as changed_on
    from prices
    where known_to_on < {{ open_end() }}
),

without_amount as (
    select
        opportunity_key,
        source_system,
        product_id,
        known_currency,
        mapped_from,
        mapped_to
    from dated
    where amount is null and status = 'open' and product_id is not null
),

price_points as (
    select
        opportunity_key,
        mapped_from as version_from,
        mapped_from as point_at
    from without_amount

    union

    select
        without_amount.opportunity_key,
        without_amount.mapped_from as version_from,
        {{ day_start('price_days.changed_on') }} as point_at
    from without_amount
    inner join price_days
        on
            without_amount.source_system = price_days.source_system
            and without_amount.product_id = price_days.product_id
            and without_amount.known_currency = price_days.currency
    where
        price_days.changed_on > {{ from_the_start() }}
        and {{ day_start('price_days.changed_on') }} > without_amount.mapped_from
        and (
            without_amount.mapped_to is null
            or {{ day_start('price_days.changed_on') }} < without_amount.mapped_to
        )
),

price_ranges as (
    {{ ranges_between(
        'price_points', ['opportunity_key', 'version_from'], point='point_at',
        starts='price_from', ends='price_to', last_end='null'
    ) }}
),

ranges as (
    select
        dated.*,
        coalesce(price_ranges.price_from, dated.mapped_from) as range_from,
        coalesce(price_ranges.price_to, dated.mapped_to) as range_to,
        case
            when price_ranges.price_from is null then {{ last_known }}
            else {{ local_date('price_ranges.price_from') }}
        end as price_known_on
    from dated
    left join price_ranges
        on
            dated.opportunity_key = price_ranges.opportunity_key
            and dated.mapped_from = price_ranges.version_from
),
{%- endif %}
{%- endmacro %}
