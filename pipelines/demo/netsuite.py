"""What NetSuite delivers: customers, sales orders, invoices, payments, credit memos and postings.

A transaction is delivered when it is new or differs from what was delivered last, whole with its
lines; one that is gone from the books comes once more, marked as deleted. On a sale the main line
is what the customer owes, positive, and the lines of what was sold are negative. Postings are in
dollars at the day's rate, and those of a transaction add up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pipelines.calendar import fiscal_periods
from pipelines.demo.advertising import Texts
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.connector import Mirror, Row, synced_at, table_rows
from pipelines.demo.division import Division
from pipelines.demo.finance import Invoice
from pipelines.demo.ids import IDS_PER_DIVISION
from pipelines.demo.market import Account
from pipelines.demo.orders import Order, OrderState
from pipelines.demo.rates import Rates
from pipelines.demo.records import DealWriter

CENT, RATE_UNIT = Decimal("0.01"), Decimal("1e-8")
BOOK, SUBSIDIARY = "1", "1"
CURRENCIES = {"USD": ("1", "US Dollar"), "GBP": ("2", "British pound"), "EUR": ("4", "Euro")}
CASH, RECEIVABLES, REVENUE = "101", "119", "401"
ACCOUNTS = (
    (CASH, "1000", "Checking", "Bank"),
    (RECEIVABLES, "1200", "Accounts Receivable", "AcctRec"),
    (REVENUE, "4000", "Subscription Revenue", "Income"),
)
ACCOUNT_TYPES = (
    ("Bank", "Bank", "T", 1),
    ("AcctRec", "Accounts Receivable", "T", 2),
    ("Income", "Income", "F", 11),
)
BILLING_ITEM = ("900", "Scheduled billing")
FIRST_ITEM = 801
SHIPPING_ITEM, TAX_ITEM = "990", "991"
MAIN, TAX_LINE, SHIPPING_LINE = 0, 90, 91
TRANSACTIONS_PER_SALE = 4
"""An order or an invoice, its payment and its credit memo have numbers beside each other."""
CLOSED_AFTER = timedelta(days=10)
MARKED = ("account", "accounting_period", "currency", "customer", "subsidiary", "transaction")
"""Tables that say of a row whether it is active; others only whether it is deleted."""


class Chart:
    """The tables all divisions share: items, accounts, periods, currencies and rates."""

    def __init__(self, catalogue: Catalogue, rates: Rates, first_day: date) -> None:
        self._catalogue, self._rates, self._first_day = catalogue, rates, first_day
        self._mirrors = {
            table: Mirror(f"netsuite_{table}", ("id",))
            for table in (
                "account",
                "account_type",
                "accounting_period",
                "consolidated_exchange_rate",
                "currency",
                "item",
                "subsidiary",
            )
        }

    def take(self, day: date) -> Texts:
        """What is new about them on a day."""
        tables: dict[str, Iterable[Row]] = {
            "account": self._accounts(),
            "account_type": self._account_types(),
            "accounting_period": self._periods(day),
            "consolidated_exchange_rate": self._conversion_rates(day),
            "currency": self._currencies(day),
            "item": self._items(),
            "subsidiary": self._subsidiaries(),
        }
        return {
            f"netsuite_{table}": self._mirrors[table].take(rows, _stamps(table, day))
            for table, rows in tables.items()
        }

    def _accounts(self) -> Iterator[Row]:
        for number, code, name, kind in ACCOUNTS:
            yield {
                "id": number,
                "acctnumber": code,
                "accttype": kind,
                "accountsearchdisplayname": name,
                "fullname": name,
                "displaynamewithhierarchy": name,
                "isinactive": "F",
                "issummary": "F",
                "subsidiary": SUBSIDIARY,
            }

    def _account_types(self) -> Iterator[Row]:
        for kind, name, is_balance_sheet, place in ACCOUNT_TYPES:
            yield {
                "id": kind,
                "longname": name,
                "balancesheet": is_balance_sheet,
                "left": is_balance_sheet,
                "seqnum": place,
            }

    def _periods(self, day: date) -> Iterator[Row]:
        """Calendar months, opened half a year ahead and closed ten days after their end."""
        until = day + timedelta(days=183)
        for period in fiscal_periods(self._first_day, until, "month", year_starts_in=1):
            ends_on = period.next_starts_on - timedelta(days=1)
            closed_on = ends_on + CLOSED_AFTER
            is_closed = closed_on <= day
            yield {
                "id": _period(period.starts_on),
                "periodname": f"{period.starts_on:%b %Y}",
                "startdate": _midnight(period.starts_on),
                "enddate": _midnight(ends_on),
                "closed": "T" if is_closed else "F",
                "closedondate": _midnight(closed_on) if is_closed else "",
                "alllocked": "T" if is_closed else "F",
                "isadjust": "F",
                "isinactive": "F",
                "isposting": "T",
                "isquarter": "F",
                "isyear": "F",
            }

    def _conversion_rates(self, day: date) -> Iterator[Row]:
        """Averages of the months that are over."""
        for period in fiscal_periods(self._first_day, day, "month", year_starts_in=1):
            if period.next_starts_on > day:
                continue
            for currency, (currency_id, _) in CURRENCIES.items():
                quoted = [
                    _rate(self._rates, currency, on)
                    for on in self._rates.by_day
                    if period.starts_on <= on < period.next_starts_on
                ]
                average = (sum(quoted, Decimal(0)) / len(quoted)).quantize(RATE_UNIT)
                yield {
                    "id": f"{_period(period.starts_on)}{currency_id}",
                    "fromcurrency": currency_id,
                    "tocurrency": CURRENCIES["USD"][0],
                    "fromsubsidiary": SUBSIDIARY,
                    "tosubsidiary": SUBSIDIARY,
                    "postingperiod": _period(period.starts_on),
                    "averagerate": average,
                    "currentrate": quoted[-1],
                    "historicalrate": quoted[-1],
                    "accountingbook": BOOK,
                }

    def _currencies(self, day: date) -> Iterator[Row]:
        for currency, (currency_id, name) in CURRENCIES.items():
            yield {
                "id": currency_id,
                "name": name,
                "symbol": currency,
                "exchangerate": _rate(self._rates, currency, day),
                "isbasecurrency": "T" if currency == "USD" else "F",
                "isinactive": "F",
                "currencyprecision": 2,
            }

    def _items(self) -> Iterator[Row]:
        sold = [
            (number, product.code)
            for number, product in enumerate(self._catalogue.products, start=FIRST_ITEM)
        ]
        for number, name in (*sold, BILLING_ITEM):
            yield {
                "id": number,
                "fullname": name,
                "itemtype": "Service",
                "subsidiary": SUBSIDIARY,
                "incomeaccount": REVENUE,
            }

    def _subsidiaries(self) -> Iterator[Row]:
        yield {
            "id": SUBSIDIARY,
            "name": "Veldrane Systems",
            "fullname": "Veldrane Systems",
            "country": "US",
            "currency": CURRENCIES["USD"][0],
            "iselimination": "F",
            "isinactive": "F",
        }


@dataclass(frozen=True)
class Transaction:
    """A transaction as it stands: its header, its lines and its postings."""

    header: Row
    lines: list[Row]
    postings: list[Row]


class Books:
    """The customers and transactions of a division."""

    def __init__(
        self,
        division: Division,
        orders: list[Order],
        invoices: list[Invoice],
        catalogue: Catalogue,
        rates: Rates,
    ) -> None:
        self._base = division.number * IDS_PER_DIVISION
        self._rates = rates
        self._items = {
            product.product_id: number
            for number, product in enumerate(catalogue.products, start=FIRST_ITEM)
        }
        self._invoices = invoices
        self._customers: dict[str, tuple[int, Account, date]] = {}
        for order in orders:
            account = order.deal.account
            if account.account_id not in self._customers:
                number = self._base + len(self._customers) + 1
                self._customers[account.account_id] = (number, account, order.ordered_on)
        self._order_ids = {
            order.deal.opportunity_id: self._base + TRANSACTIONS_PER_SALE * 2 * n
            for n, order in enumerate(orders)
        }
        self._taken_until: date | None = None
        self._orders: dict[int, tuple[OrderState, Transaction]] = {}
        """Orders as delivered last."""

    def take(self, day: date, states: Iterable[OrderState]) -> Texts:
        """What is new in the books on a day, given the orders as they stand on its evening."""
        changed: list[tuple[Transaction, bool]] = []
        standing = set()
        for state in states:
            number = self._order_ids[state.order.deal.opportunity_id]
            standing.add(number)
            before = self._orders.get(number)
            if before is None or before[0] != state:
                order = self._order(number, state)
                if before is not None:
                    changed.append((_left_over(before[1], order), True))
                changed.append((order, False))
                self._orders[number] = state, order
        for number in [number for number in self._orders if number not in standing]:
            changed.append((self._orders.pop(number)[1], True))
        for n, invoice in enumerate(self._invoices):
            number = self._base + TRANSACTIONS_PER_SALE * (2 * n + 1)
            changed += ((each, False) for each in self._sale(number, invoice, day))
        customers = [
            self._customer(*each) for each in self._customers.values() if self._is_new(each[2], day)
        ]
        self._taken_until = day
        return {
            "netsuite_customer": _table("customer", day, [(row, False) for row in customers]),
            "netsuite_transaction": _table(
                "transaction",
                day,
                [(each.header, is_gone) for each, is_gone in changed if each.header],
            ),
            "netsuite_transaction_line": _table(
                "transaction_line",
                day,
                [(line, is_gone) for each, is_gone in changed for line in each.lines],
            ),
            "netsuite_transaction_accounting_line": _table(
                "transaction_accounting_line",
                day,
                [(line, is_gone) for each, is_gone in changed for line in each.postings],
            ),
        }

    def _is_new(self, on: date | None, day: date) -> bool:
        since = self._taken_until
        return on is not None and on <= day and (since is None or on > since)

    def _customer(self, number: int, account: Account, on: date) -> Row:
        return {
            "id": number,
            "externalid": account.account_id,
            "entityid": f"C{number:08d}",
            "companyname": account.name,
            "altname": account.name,
            "email": f"payables{number}@{account.name.split()[0].lower()}.example".replace(
                "é", "e"
            ),
            "currency": CURRENCIES[account.team.currency][0],
            "isperson": "F",
            "isinactive": "F",
            "datecreated": _midnight(on),
            "lastmodifieddate": _midnight(on),
        }

    def _order(self, number: int, state: OrderState) -> Transaction:
        order = state.order
        header = self._header(number, "SalesOrd", order.order_id, order.ordered_on, order.deal)
        lines = [
            self._line(header, MAIN, state.total),
            *(
                self._line(
                    header,
                    place,
                    -line.amount,
                    item=self._items[line.product_id],
                    itemtype="Service",
                    quantity=-line.quantity,
                    rate=line.unit_price,
                )
                for place, line in enumerate(state.lines, start=1)
            ),
        ]
        if state.tax:
            tax = {"item": TAX_ITEM, "itemtype": "TaxItem", "taxline": "T"}
            lines.append(self._line(header, TAX_LINE, -state.tax, **tax))
        if order.freight:
            shipping = {"item": SHIPPING_ITEM, "itemtype": "ShipItem"}
            lines.append(self._line(header, SHIPPING_LINE, Decimal(-order.freight), **shipping))
        return Transaction(header | {"status": "B", "posting": "F"}, lines, [])

    def _sale(self, number: int, invoice: Invoice, day: date) -> Iterator[Transaction]:
        """The invoice, its payment and its credit memo, as far as they are new on a day."""
        paid_on = invoice.paid_on if invoice.paid_on and invoice.paid_on <= day else None
        is_void = invoice.voided_on is not None and invoice.voided_on <= day
        amount = Decimal(invoice.amount)
        if any(
            self._is_new(on, day)
            for on in (invoice.invoiced_on, invoice.paid_on, invoice.voided_on)
            if invoice.invoiced_on <= day
        ):
            order_id = self._order_ids[invoice.deal.opportunity_id]
            header = self._header(
                number, "CustInvc", invoice.invoice_id, invoice.invoiced_on, invoice.deal
            ) | {
                "duedate": _midnight(invoice.due_on),
                "closedate": _midnight(paid_on) if paid_on else "",
                "status": "V" if is_void else "B" if paid_on else "A",
                "posting": "T",
            }
            billing = {"item": BILLING_ITEM[0], "itemtype": "Service", "createdfrom": order_id}
            lines = [
                self._line(header, MAIN, amount, createdfrom=order_id),
                self._line(header, 1, -amount, quantity=-1, rate=amount, **billing),
            ]
            # A void invoice posts nothing.
            posted = Decimal(0) if is_void else amount
            yield Transaction(
                header, lines, self._postings(header, invoice, posted, (RECEIVABLES, REVENUE))
            )
        if self._is_new(invoice.paid_on, day):
            assert invoice.paid_on is not None
            yield self._settlement(number + 1, "CustPymt", invoice, invoice.paid_on)
        if self._is_new(invoice.credited_on, day):
            assert invoice.credited_on is not None
            yield self._settlement(number + 2, "CustCred", invoice, invoice.credited_on)

    def _settlement(self, number: int, kind: str, invoice: Invoice, on: date) -> Transaction:
        """A payment of the whole invoice, or the credit memo that takes it back."""
        is_payment = kind == "CustPymt"
        name = f"{'PY' if is_payment else 'CM'}-{invoice.invoice_id.removeprefix('INV-')}"
        header = self._header(number, kind, name, on, invoice.deal)
        header |= {"status": "C" if is_payment else "B", "posting": "T"}
        amount = Decimal(invoice.amount) * (1 if is_payment else -1)
        invoice_id = number - (1 if is_payment else 2)
        lines = [
            self._line(header, MAIN, amount, createdfrom=invoice_id),
            self._line(header, 1, -amount, createdfrom=invoice_id),
        ]
        sides = (CASH, RECEIVABLES) if is_payment else (RECEIVABLES, REVENUE)
        return Transaction(header, lines, self._postings(header, invoice, amount, sides))

    def _header(self, number: int, kind: str, name: str, on: date, deal: DealWriter) -> Row:
        return {
            "id": number,
            "transactionnumber": name,
            "type": kind,
            "trandate": _midnight(on),
            "createddate": datetime.combine(on, time(15, 20)),
            "currency": CURRENCIES[deal.currency][0],
            "entity": self._customers[deal.account.account_id][0],
            "postingperiod": _period(on),
            "isreversal": "F",
            "custbody_crm_opportunity_id": deal.opportunity_id,
        }

    def _line(self, header: Row, place: int, amount: Decimal, **more: object) -> Row:
        return {
            "id": place,
            "transaction": header["id"],
            "entity": header["entity"],
            "foreignamount": amount,
            "mainline": "T" if place == MAIN else "F",
            "taxline": "F",
            "isclosed": "F",
            "transactiondiscount": "F",
            "linesequencenumber": place,
            "subsidiary": SUBSIDIARY,
            "uniquekey": f"{header['id']}{place:02d}",
            **more,
        }

    def _postings(
        self, header: Row, invoice: Invoice, amount: Decimal, sides: tuple[str, str]
    ) -> list[Row]:
        """An amount from the second account to the first; a negative one the other way."""
        on = date.fromisoformat(str(header["trandate"])[:10])
        rate = _rate(self._rates, invoice.deal.currency, on)
        dollars = (amount * rate).quantize(CENT, ROUND_HALF_UP)
        rows: list[Row] = []
        for place, (account, value) in enumerate(zip(sides, (dollars, -dollars), strict=True)):
            rows.append(
                {
                    "accountingbook": BOOK,
                    "transaction": header["id"],
                    "transactionline": place,
                    "account": account,
                    "amount": value,
                    "netamount": value,
                    "debit": value if value > 0 else "",
                    "credit": -value if value < 0 else "",
                    "exchangerate": rate,
                    "posting": "T",
                }
            )
        return rows


def _left_over(before: Transaction, now: Transaction) -> Transaction:
    """The lines an order had and no longer has."""
    kept = {line["id"] for line in now.lines}
    return Transaction({}, [line for line in before.lines if line["id"] not in kept], [])


def _table(table: str, day: date, rows: list[tuple[Row, bool]]) -> str:
    known, gone = _stamps(table, day), _stamps(table, day, is_gone=True)
    return table_rows(
        f"netsuite_{table}", (row | (gone if is_gone else known) for row, is_gone in rows)
    )


def _stamps(table: str, day: date, *, is_gone: bool = False) -> Row:
    if table == "item":
        return {"_fivetran_synced": synced_at(day), "_fivetran_active": "TRUE"}
    stamps: Row = {
        "_fivetran_synced": synced_at(day),
        "_fivetran_deleted": "TRUE" if is_gone else "FALSE",
    }
    if table in MARKED:
        stamps["_fivetran_active"] = "FALSE" if is_gone else "TRUE"
    return stamps


def _rate(rates: Rates, currency: str, day: date) -> Decimal:
    """Dollars per unit at the last rate on or before a day."""
    if currency == "USD":
        return Decimal(1)
    return Decimal(rates.to_dollars(currency, day)).quantize(RATE_UNIT, ROUND_HALF_UP)


def _period(day: date) -> int:
    return day.year * 100 + day.month


def _midnight(day: date) -> str:
    return f"{day} 0:00:00"
