with credits as (select * from {{ ref('fct_credit') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

lines as (select * from {{ ref('core_opportunity_line') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

territory_shares as (select * from {{ ref('core_territory_share') }}),

segments as (select * from {{ ref('core_account_segment') }}),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- What stands on the deal now, by product; a deal without lines is of the product it names.
line_amounts as (
    select
        opportunities.opportunity_key,
        coalesce(lines.product_id, 'unlisted') as product_id,
        sum(lines.net_amount) as net_amount
    from lines
    inner join opportunities
        on
            lines.source_system = opportunities.source_system
            and lines.opportunity_id = opportunities.opportunity_id
    where lines.net_amount > 0
    group by opportunities.opportunity_key, coalesce(lines.product_id, 'unlisted')
),

product_shares as (
    select
        opportunity_key,
        product_id,
        cast(
            cast(
                sum(net_amount) over (
                    partition by opportunity_key order by product_id
                    rows between unbounded preceding and current row
                ) as double
            ) / cast(sum(net_amount) over (partition by opportunity_key) as double)
            as decimal(12, 9)
        ) as ends_pct
    from line_amounts
),

-- Every product's slice of the whole: they lie side by side and reach exactly to its end.
slices as (
    select
        opportunity_key,
        product_id,
        coalesce(
            lag(ends_pct) over (partition by opportunity_key order by product_id), 0
        ) as begins_pct,
        ends_pct
    from product_shares
),

netted as (
    select
        credits.opportunity_key,
        credits.source_system,
        credits.account_id,
        credits.participant_id,
        credits.fiscal_quarter_key,
        credits.booked_on,
        credits.credit_type,
        sum(credits.credit_amount) as credit_amount
    from credits
    group by
        credits.opportunity_key, credits.source_system, credits.account_id,
        credits.participant_id, credits.fiscal_quarter_key, credits.booked_on,
        credits.credit_type
    having sum(credits.credit_amount) <> 0
),

by_product as (
    select
        netted.opportunity_key,
        netted.source_system,
        netted.account_id,
        netted.participant_id,
        netted.fiscal_quarter_key,
        netted.booked_on,
        netted.credit_type,
        coalesce(slices.product_id, opportunities.product_id, 'unlisted') as product_id,
        case
            when slices.product_id is null then netted.credit_amount
            else {{ slice('netted.credit_amount', 'slices.begins_pct', 'slices.ends_pct') }}
        end as credit_amount
    from netted
    left join slices on netted.opportunity_key = slices.opportunity_key
    left join opportunities on netted.opportunity_key = opportunities.opportunity_key
),

placed as (
    select
        by_product.fiscal_quarter_key,
        by_product.credit_type,
        by_product.product_id,
        coalesce(was_in.region, 'unassigned') as region,
        coalesce(was_in.team, 'unassigned') as team,
        was_in.team is null as is_unassigned,
        coalesce(is_in.region, 'unassigned') as region_asis,
        coalesce(is_in.team, 'unassigned') as team_asis,
        is_in.team is null as is_unassigned_asis,
        coalesce(was_segment.segment, 'unassigned') as segment,
        coalesce(is_segment.segment, 'unassigned') as segment_asis,
        by_product.participant_id,
        by_product.booked_on,
        latest_extract.as_of_on,
        by_product.opportunity_key,
        by_product.credit_amount
    from by_product
    cross join latest_extract
    left join participants as was_in
        on
            by_product.participant_id = was_in.participant_id
            and by_product.booked_on >= was_in.valid_from
            and by_product.booked_on < was_in.valid_to
    left join participants as is_in
        on
            by_product.participant_id = is_in.participant_id
            and latest_extract.as_of_on >= is_in.valid_from
            and latest_extract.as_of_on < is_in.valid_to
    left join segments as was_segment
        on
            by_product.source_system = was_segment.source_system
            and by_product.account_id = was_segment.account_id
            and by_product.booked_on >= was_segment.valid_from
            and by_product.booked_on < was_segment.valid_to
    left join account_merges
        on
            by_product.source_system = account_merges.source_system
            and by_product.account_id = account_merges.record_id
    left join segments as is_segment
        on
            by_product.source_system = is_segment.source_system
            and coalesce(account_merges.survivor_id, by_product.account_id)
            = is_segment.account_id
            and latest_extract.as_of_on >= is_segment.valid_from
            and latest_extract.as_of_on < is_segment.valid_to
),

-- Sellers of several territories at once share their credit among them. Slices of then and of today
-- lie over each other, so that what nobody moved is in one territory then and today.
in_territories as (
    select
        placed.*,
        coalesce(was_shares.territory_id, 'unassigned') as territory_id,
        coalesce(is_shares.territory_id, 'unassigned') as territory_id_asis,
        greatest(coalesce(was_shares.begins_pct, 0), coalesce(is_shares.begins_pct, 0))
            as begins_pct,
        least(coalesce(was_shares.ends_pct, 1), coalesce(is_shares.ends_pct, 1)) as ends_pct
    from placed
    left join territory_shares as was_shares
        on
            placed.participant_id = was_shares.participant_id
            and placed.booked_on >= was_shares.valid_from
            and placed.booked_on < was_shares.valid_to
    left join territory_shares as is_shares
        on
            placed.participant_id = is_shares.participant_id
            and placed.as_of_on >= is_shares.valid_from
            and placed.as_of_on < is_shares.valid_to
),

cells as (
    select
        fiscal_quarter_key,
        credit_type,
        region,
        team,
        territory_id,
        segment,
        product_id,
        region_asis,
        team_asis,
        territory_id_asis,
        segment_asis,
        is_unassigned,
        is_unassigned_asis,
        count(distinct opportunity_key) as n_deals,
        sum({{ slice('credit_amount', 'begins_pct', 'ends_pct') }}) as credit_amount
    from in_territories
    where begins_pct < ends_pct
    group by
        fiscal_quarter_key, credit_type, region, team, territory_id, segment, product_id,
        region_asis, team_asis, territory_id_asis, segment_asis, is_unassigned,
        is_unassigned_asis
)

select
    md5(
        coalesce(fiscal_quarter_key, '') || '|' || credit_type || '|' || region || '|' || team
        || '|' || territory_id || '|' || segment || '|' || product_id || '|' || region_asis || '|'
        || team_asis || '|' || territory_id_asis || '|' || segment_asis
        || case when is_unassigned then '|unassigned' else '' end
        || case when is_unassigned_asis then '|unassigned now' else '' end
    ) as credit_matrix_key,
    fiscal_quarter_key,
    territory_id,
    product_id,
    territory_id_asis,

    credit_type,
    region,
    team,
    segment,
    region_asis,
    team_asis,
    segment_asis,
    is_unassigned,
    is_unassigned_asis,

    n_deals,
    cast(credit_amount as decimal(18, 4)) as credit_amount
from cells
