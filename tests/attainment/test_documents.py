"""What the demo company ordered, invoiced and credited, added up from its extract files alone."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")

DOCUMENTS = """
with transactions as (
    select *
    from read_csv(?, all_varchar = true, filename = true)
    where type in ('SalesOrd', 'CustInvc', 'CustCred')
    qualify row_number() over (partition by id order by filename desc) = 1
),

lines as (
    select *
    from read_csv(?, all_varchar = true, filename = true)
    qualify row_number() over (partition by transaction, id order by filename desc) = 1
),

totals as (
    select
        transaction,
        sum(cast(foreignamount as decimal(18, 4))) filter (mainline = 'T') as gross,
        sum(cast(foreignamount as decimal(18, 4))) filter (
            taxline = 'T' or itemtype = 'ShipItem'
        ) as beside_the_goods
    from lines
    where _fivetran_deleted = 'FALSE'
    group by transaction
),

currencies as (select distinct id, symbol from read_csv(?, all_varchar = true)),

rates as (
    select
        cast(Date as date) as rate_on,
        unnest(['EUR', 'USD', 'GBP']) as symbol,
        unnest([cast(USD as double), 1.0, cast(USD as double) / cast(GBP as double)]) as rate
    from read_csv(?, all_varchar = true)
),

-- The fiscal year begins in February; its rate is the last one up to its first day.
dated as (
    select
        *,
        cast(substr(trandate, 1, 10) as date) as document_on,
        make_date(year(document_on - interval 31 days), 2, 1) as year_on
    from transactions
    where _fivetran_deleted = 'FALSE'
)

select
    type,
    status,
    count(*) as n_documents,
    sum(gross * rate) as gross,
    sum((gross + coalesce(beside_the_goods, 0)) * rate) as net,
    coalesce(sum(gross * rate) filter (
        type = 'CustInvc' and status = 'A' and cast(substr(duedate, 1, 10) as date) < ?
    ), 0) as overdue
from dated
inner join totals on dated.id = totals.transaction
inner join currencies on dated.currency = currencies.id
asof inner join rates on currencies.symbol = rates.symbol and dated.year_on >= rates.rate_on
group by all
order by all
"""
MEANING = {
    ("SalesOrd", "B"): ("order", "open", True),
    ("CustInvc", "A"): ("invoice", "open", True),
    ("CustInvc", "B"): ("invoice", "paid", True),
    ("CustInvc", "V"): ("invoice", "void", False),
    ("CustCred", "B"): ("credit_memo", "closed", True),
}


def test_documents_are_worth_what_the_extract_files_say(demo: Published) -> None:
    landing = demo.deployment.company.paths.landing
    tables = [landing / "netsuite" / name for name in ("transaction", "transaction_line")]
    files = [f"{folder}/*/*" for folder in (*tables, landing / "netsuite" / "currency")]
    newest_rates = max((landing / "ecb" / "rate").glob("*/*"))
    with duckdb.connect() as files_alone:
        expected = files_alone.execute(
            DOCUMENTS, [*files, str(newest_rates), demo.days[-1]]
        ).fetchall()
    published = {
        tuple(row[:3]): row[3:]
        for row in demo.rows(
            "select 'order', status, is_counted, count(*), sum(total_amount), "
            "sum(subtotal_amount), 0 from revenue.fct_order group by all union all "
            "select document_type, status, is_counted, count(*), sum(invoice_amount), "
            "sum(net_amount), coalesce(sum(invoice_amount) filter (is_overdue), 0) "
            "from revenue.fct_invoice group by all"
        )
    }
    assert len(published) == len(expected)
    for kind, status, *numbers in expected:
        found = published[MEANING[kind, status]]
        assert found[0] == numbers[0]
        for mine, theirs in zip(found[1:], numbers[1:], strict=True):
            assert mine == pytest.approx(Decimal(theirs), abs=Decimal("0.2")), (kind, status)
