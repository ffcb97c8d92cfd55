{#- Each step doubles the one before it: six of them reach through 64 documents. -#}
{%- set n_doublings = 6 -%}
with known_links as (
    {{ latest_versions('document_link', ['document_id']) }}
),

gone_links as (
    {{ latest_versions('document_link', ['document_id'], gone=true) }}
),

-- What was made from a document that is deleted is still what it was made from.
all_links as (
    select
        *,
        false as is_gone
    from known_links

    union all

    select
        *,
        true as is_gone
    from gone_links
),

links as (
    select
        *,
        opportunity_id is not null as is_deal,
        coalesce(document_type = 'invoice', false) as is_invoice
    from all_links
),
{% for target in ['deal', 'invoice'] %}
-- A step leads to what a document was made from; one that has what is looked for leads to itself.
{{ target }}_step_0 as (
    select
        source_system,
        document_id,
        case when is_{{ target }} then document_id else made_from_id end as reached_id
    from links
),
{% for step in range(n_doublings) %}
{{ target }}_step_{{ step + 1 }} as (
    select
        earlier.source_system,
        earlier.document_id,
        later.reached_id
    from {{ target }}_step_{{ step }} as earlier
    left join {{ target }}_step_{{ step }} as later
        on
            earlier.source_system = later.source_system
            and earlier.reached_id = later.document_id
),
{% endfor %}
{{ target }}_reached as (
    select
        steps.source_system,
        steps.document_id,
        steps.reached_id,
        reached.opportunity_id,
        reached.is_{{ target }} as is_found
    from {{ target }}_step_{{ n_doublings }} as steps
    inner join links as reached
        on
            steps.source_system = reached.source_system
            and steps.reached_id = reached.document_id
),
{% endfor %}
described as (
    select
        links.*,
        links.made_from_id is not null and parents.document_id is null as is_parent_unknown
    from links
    left join links as parents
        on
            links.source_system = parents.source_system
            and links.made_from_id = parents.document_id
    where not links.is_gone
)

-- A document that was never delivered is taken for the invoice: extracts may leave out old ones.
select
    described.source_system,
    described.document_id,
    deal_reached.opportunity_id,
    case
        when described.is_parent_unknown then described.made_from_id
        when invoice_reached.is_found then invoice_reached.reached_id
    end as invoice_id,
    described.unknown_line_type,
    described.source_file,
    described.source_line,
    coalesce(deal_reached.is_found, true) = false
    or coalesce(invoice_reached.is_found, true) = false as is_unfinished
from described
left join deal_reached
    on
        described.source_system = deal_reached.source_system
        and described.document_id = deal_reached.document_id
left join invoice_reached
    on
        described.source_system = invoice_reached.source_system
        and described.document_id = invoice_reached.document_id
