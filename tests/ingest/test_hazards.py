"""What real extracts do wrong, one by one: each kind is shown by a file, and its outcome asserted.

An outcome is one of three: the batch is refused with a message, single rows are rejected and
counted, or the file is read right because its contract says how. What other modules show in depth
is named in `SHOWN_ELSEWHERE`, and that these tests exist is a test.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.errors import FileRefused
from pipelines.settings import PROJECT_ROOT
from tests.ingest.test_dialects import AMOUNT, AT, DAY, ID, read
from tests.ingest.world import HEADER, World


@dataclass(frozen=True)
class Hazard:
    """A file and what has to come of it."""

    name: str
    content: bytes
    columns: list[dict[str, Any]]
    rows: list[tuple[Any, ...]] | None = None
    """What is accepted, where the file is read."""
    rejects: list[tuple[str | None, str]] = field(default_factory=list)
    """Column and rule of every rejected row."""
    refused: str = ""
    """What is said, where the file is refused whole."""
    how: dict[str, Any] = field(default_factory=dict)
    """What the contract says of the form."""


MONTH_FIRST = DAY | {"formats": ["%-m/%-d/%Y"]}
DAY_FIRST = DAY | {"formats": ["%d-%m-%Y"]}
NOTE = {"name": "note"}
DECLARED = {"name": "revenue", "type": "decimal"}

HAZARDS = [
    # 1. Dates.
    Hazard(
        "an ambiguous date is what the contract says",
        b"id,day\na,3/4/2026\nb,12/1/2026\n",
        [ID, MONTH_FIRST],
        [("a", date(2026, 3, 4)), ("b", date(2026, 12, 1))],
    ),
    Hazard(
        "the other order is rejected wherever it shows",
        b"id,day\na,03-04-2026\nb,25-12-2026\nc,12-25-2026\n",
        [ID, DAY_FIRST],
        [("a", date(2026, 4, 3)), ("b", date(2026, 12, 25))],
        [("day", "bad_date")],
    ),
    Hazard(
        "a time behind a date is not cut off in silence",
        b"id,day\na,3/4/2026 0:00\n",
        [ID, MONTH_FIRST],
        [],
        [("day", "bad_date")],
    ),
    Hazard(
        "years of two digits that a reader took for the year 16",
        b"id,day\na,16-10-16\nb,0016-10-16\n",
        [ID, DAY | {"min": "2000-01-01"}],
        [],
        [("day", "bad_date"), ("day", "out_of_range")],
    ),
    Hazard(
        "a date without leading zeros is a date where that is declared, and else none",
        b"id,day\na,2026-3-4\n",
        [ID, DAY],
        [],
        [("day", "bad_date")],
    ),
    Hazard(
        "times of a report: twelve hours, two digits",
        b"id,at\na,03/04/26 12:05 AM\nb,03/04/26 00:05 AM\n",
        [ID, AT],
        rejects=[("at", "bad_timestamp")],
        how={"timestamps": ["%m/%d/%y %I:%M %p"]},
    ),
    # 2. Nulls.
    Hazard(
        "a marker is nothing in one column and a value in the next",
        b"id,owner,rival\na,NULL,None\nb,Select,NA\nc,000000000000000AAA,\n",
        [
            ID,
            {"name": "owner", "nulls": ["NULL", "Select", "000000000000000AAA"]},
            {"name": "rival"},
        ],
        [("a", None, "None"), ("b", None, "NA"), ("c", None, None)],
    ),
    Hazard(
        "a marker in a number that knows none is no number",
        b"id,amount\na,NULL\nb,N/A\n",
        [ID, AMOUNT],
        [],
        [("amount", "bad_decimal"), ("amount", "bad_decimal")],
    ),
    Hazard(
        "a lookup that must be there and is the empty one",
        b"id,owner\na,000000000000000AAA\n",
        [ID, {"name": "owner", "required": True, "nulls": ["000000000000000AAA"]}],
        [],
        [("owner", "required")],
    ),
    # 3. Delimiters, headers, quoting.
    Hazard(
        "another delimiter than declared",
        b"id;amount\na;1\n",
        [ID, AMOUNT],
        refused='Declare `delimiter: ";"`',
    ),
    Hazard(
        "no header where one is declared",
        b"a,1\nb,2\n",
        [ID, AMOUNT],
        refused="lacks column",
    ),
    Hazard(
        "no header, and the first row looks like one",
        b"id|note\na|b\n",
        [ID, NOTE],
        [("id", "note"), ("a", "b")],
        how={"delimiter": "|", "header": False},
    ),
    Hazard(
        "quotes that are inches",
        b'a|19" rack\nb|"x\n',
        [ID, NOTE],
        [("a", '19" rack'), ("b", '"x')],
        how={"delimiter": "|", "header": False, "quote": None},
    ),
    Hazard(
        "the same quotes where quoting is on",
        b'id,note\na,19" rack\n',
        [ID, NOTE],
        refused="at line 2",
    ),
    # 4. Encodings.
    Hazard(
        "a byte order mark is no part of the first name",
        b"\xef\xbb\xbfid,note\na,b\n",
        [ID, NOTE],
        [("a", "b")],
    ),
    Hazard(
        "two bytes a letter, lines ended the Windows way",
        "id,note\r\na,ü\r\n".encode("utf-16-le"),
        [ID, NOTE],
        [("a", "ü")],
        how={"encoding": "utf-16-le"},
    ),
    Hazard(
        "two bytes a letter where one was declared",
        "id,note\r\na,ü\r\n".encode("utf-16"),
        [ID, NOTE],
        refused="is written in utf-16",
    ),
    Hazard(
        "latin-1 where UTF-8 was declared",
        "id,note\na,Müller\n".encode("latin-1"),
        [ID, NOTE],
        refused="in line 2",
    ),
    Hazard(
        "neither UTF-8 nor cp1252",
        b"id,note\na,M\xfcller\nb,\x81\n",
        [ID, NOTE],
        refused="is 0x81",
        how={"encoding": "cp1252"},
    ),
    # 5. Types.
    Hazard(
        "a decimal among integers, far behind what anybody would sample",
        b"id,n\n" + b"".join(b"%d,7\n" % n for n in range(30_000)) + b"z,7.5\n",
        [ID, {"name": "n", "type": "integer"}],
        rejects=[("n", "bad_integer")],
    ),
    # 6. Shape.
    Hazard(
        "a comma at the end of each line",
        b"id,note,\na,b,\n",
        [ID, NOTE],
        [("a", "b")],
    ),
    Hazard(
        "the newest row first",
        b"id,day\nb,2026-01-02\na,2026-01-01\n",
        [ID, DAY],
        [("b", date(2026, 1, 2)), ("a", date(2026, 1, 1))],
    ),
    Hazard("a header and nothing else", b"id,note\n", [ID, NOTE], []),
    Hazard("not even a header", b"\n", [ID, NOTE], refused="without even a header"),
    Hazard(
        "months side by side, in thousands",
        b"id,M01,M02\na,1.5,\nb,2,3\n",
        [ID, {"name": "month", "required": True}, DECLARED],
        [("a", "M01", Decimal("1.5")), ("b", "M01", Decimal(2)), ("b", "M02", Decimal(3))],
        how={
            "contract": {
                "key": ["id", "month"],
                "unpivot": {"keep": ["id"], "name": "month", "value": "revenue"},
            }
        },
    ),
    Hazard(
        "rows that are too short and too long",
        b"id,note,amount\na,b,1\nc\nd,e,2,3\n",
        [ID, NOTE, AMOUNT],
        [("a", "b", Decimal(1))],
        [(None, "too_few_fields"), (None, "too_many_fields")],
    ),
    Hazard(
        "lines within a field, and XML",
        b'id,note\na,"<x y=""1"">\n  <z/>\n</x>"\nb,c\n',
        [ID, NOTE],
        [("a", '<x y="1">\n  <z/>\n</x>'), ("b", "c")],
    ),
    Hazard(
        "a column nobody declared",
        b"id,note,mood\na,b,c\n",
        [ID, NOTE],
        refused="mood",
    ),
    # 7. Keys.
    Hazard(
        "spellings that differ in case are two keys",
        b"id,note\nGTX Pro,1\ngtx pro,2\n",
        [ID, NOTE],
        [("GTX Pro", "1"), ("gtx pro", "2")],
    ),
    Hazard(
        "a row without its key",
        b"id,note\n,1\nb,2\n",
        [ID | {"required": True}, NOTE],
        [("b", "2")],
        [("id", "required")],
    ),
    # 8. Outliers.
    Hazard(
        "fifty million among zeros is read, for it may be so",
        b"id,revenue\na,0\nb,50000000\n",
        [ID, DECLARED],
        [("a", Decimal(0)), ("b", Decimal(50_000_000))],
    ),
    Hazard(
        "and rejected where the contract knows that it can't be",
        b"id,revenue\na,0\nb,50000000\n",
        [ID, DECLARED | {"max": 1_000_000}],
        [("a", Decimal(0))],
        [("revenue", "out_of_range")],
    ),
    # 9. Numbers.
    Hazard(
        "what a spreadsheet makes of 20565.6206",
        b"id,amount\na,20565.620599999998\n",
        [ID, AMOUNT],
        [("a", Decimal("20565.6206"))],
    ),
    Hazard(
        "the day a spreadsheet counts",
        b"id,day\na,46085\n",
        [ID, DAY],
        [],
        [("day", "bad_date")],
    ),
    Hazard(
        "decimal commas where points are declared",
        b'id,amount\na,"1,5"\nb,"1.234,5"\n',
        [ID, AMOUNT],
        [],
        [("amount", "bad_decimal"), ("amount", "bad_decimal")],
    ),
    Hazard(
        "a quantity as text",
        b"id,n\na, 3 \nb,three\n",
        [ID, {"name": "n", "type": "integer"}],
        [("a", 3)],
        [("n", "bad_integer")],
    ),
    Hazard(
        "blanks behind a code",
        b"id,note\nAB-1  ,x \n",
        [ID, NOTE],
        [("AB-1", "x")],
    ),
    # 12. Hierarchies.
    Hazard(
        "a place in a hierarchy as hexadecimal digits is a text",
        b"id,node\na,0x5AC0\nb,58\n",
        [ID, {"name": "node"}],
        [("a", "0x5AC0"), ("b", "58")],
    ),
]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.name)
def test_a_hazard_has_the_outcome_it_should(tmp_path: Path, hazard: Hazard) -> None:
    if hazard.refused:
        with pytest.raises(FileRefused, match=hazard.refused):
            read(tmp_path, hazard.content, hazard.columns, **hazard.how)
        return
    block = read(tmp_path, hazard.content, hazard.columns, **hazard.how)
    told = [(column, rule) for _, column, rule, _ in block.rejects.rows()]
    assert told == hazard.rejects
    accepted = block.accepted.drop("_line").rows()
    if hazard.rows is not None:
        assert accepted == hazard.rows
    assert len(accepted) + len(told) == block.n_read


def test_the_same_row_twice_is_one_and_is_counted(shop: World) -> None:
    row = "A,10,,,,,2026-01-05 09:00:00\n"
    result = shop.try_load(HEADER + row + row)
    assert (result.status, result.n_read, result.n_rejected) == ("loaded", 2, 0)
    assert shop.rows("select count(*), max(amount) from raw.shop__deal") == [(1, 10)]
    assert shop.rows("select n_duplicate from control.batches") == [(1,)]


def test_the_same_key_with_another_amount_is_nobodys_guess(shop: World) -> None:
    result = shop.try_load(HEADER + "A,10,,,,,\nA,11,,,,,\nB,1,,,,,\n")
    assert result.status == "failed"
    assert {rule for _, _, rule, _ in shop.rejects()} == {"duplicate_key"}
    assert shop.log() == []


SHOWN_ELSEWHERE = {
    "1 dates of real files read the other way": [
        "ingest/test_real_files.py::test_deals_with_guessed_dates_and_new_columns_are_refused",
        "companies/test_maven_crm.py::test_the_variant_with_other_dates_is_refused_not_misread",
    ],
    "2 the country code of Namibia": [
        "ingest/test_real_files.py::test_names_with_two_letters_na_are_no_nulls",
    ],
    "6 one column per currency": [
        "ingest/test_real_files.py::test_rates_come_from_wide_to_long_and_na_is_no_rate",
    ],
    "7 a product spelled two ways": [
        "companies/test_maven_crm.py::test_b16_spelling_is_mapped_and_the_delivered_one_kept",
        "companies/test_maven_crm.py::test_b9_an_unmapped_product_is_refused_by_name",
    ],
    "7 blank accounts": ["companies/test_maven_crm.py::test_b14_pipeline_by_account_ties"],
    "7 people without deals": [
        "companies/test_maven_crm.py::test_b6_people_without_deals_are_people"
    ],
    "7 facts whose dimension never comes": [
        "test_bad_input.py::test_wrong_content_is_refused_by_a_named_check"
    ],
    "9 days and noise of workbooks": [
        "ingest/test_typed_files.py::test_a_workbook_is_read_like_the_text_it_stands_for",
        "ingest/test_typed_files.py::test_float_noise_of_a_spreadsheet_is_not_data",
    ],
    "10 joins that multiply money": [
        "companies/test_adventureworks.py::test_f1_credit_adds_up_to_all_orders",
        "companies/test_adventureworks.py::test_f4_credit_equals_the_sources_own_total",
    ],
    "11 quota windows that are no calendar quarters": [
        "companies/test_adventureworks.py::test_c2_declared_periods_collide_in_one_quarter",
        "companies/test_adventureworks.py::test_c2_after_deriving_by_sequence_each_period_is_unique",
        "companies/test_adventureworks.py::test_c2_trusting_the_declared_periods_is_refused",
    ],
    "12 versions of one employee": [
        "companies/test_adventureworks.py::test_c4_territory_is_known_by_day",
    ],
    "Salesforce's export": [
        "ingest/test_weekly_export.py::test_a_deal_is_read_as_salesforce_means_it",
        "ingest/test_weekly_export.py::test_an_object_without_records_is_a_header",
        "ingest/test_real_files.py::test_report_times_are_those_of_the_company",
    ],
}


@pytest.mark.parametrize("kind", SHOWN_ELSEWHERE)
def test_what_is_shown_elsewhere_is_there(kind: str) -> None:
    for place in SHOWN_ELSEWHERE[kind]:
        file, name = place.split("::")
        tree = ast.parse((PROJECT_ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, place
