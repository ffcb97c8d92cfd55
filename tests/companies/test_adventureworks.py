"""What a planning analyst sees on AdventureWorks (C1 to C4, F1 to F5), read from the release."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.deployment import COMPANIES, Deployment
from tests.realdata import SHARED, needs_real_data

pytestmark = [needs_real_data, pytest.mark.real, pytest.mark.xdist_group("adventureworks")]

ATTAINMENT = "attainment.fct_quota_attainment"


def test_c1_total_quota_in_both_sources(adventureworks: Deployment) -> None:
    assert adventureworks.rows(
        "select version, count(*), count(distinct participant_id), sum(quota_amount) "
        "from attainment.fct_quota group by version order by version"
    ) == [("dw", 163, 17, 95714000), ("oltp", 163, 17, 95714000)]


def test_c2_declared_periods_collide_in_one_quarter(adventureworks: Deployment) -> None:
    duplicates = adventureworks.rows(
        """
        select participant_id, declared_period, count(*), list(cast(quota_on as varchar))
        from attainment.fct_quota
        where version = 'dw'
        group by participant_id, declared_period
        having count(*) > 1
        """
    )
    assert len(duplicates) == 10
    assert {period for _, period, *_ in duplicates} == {"2011-Q3"}
    assert {day for *_, days in duplicates for day in days} == {"2011-07-01", "2011-09-29"}
    assert adventureworks.rows(
        "select quota_on, sum(quota_amount) from attainment.fct_quota "
        "where version = 'dw' and declared_period = '2011-Q3' group by quota_on order by 1"
    ) == [("2011-07-01", 4750000), ("2011-09-29", 5068000)]
    assert (
        adventureworks.value(
            "select count(*) from attainment.fct_quota where declared_period = '2011-Q2'"
        )
        == 0
    )


def test_c2_after_deriving_by_sequence_each_period_is_unique(adventureworks: Deployment) -> None:
    assert (
        adventureworks.value(
            "select count(*) from (select participant_id, period_start_on "
            "from attainment.fct_quota where version = 'dw' group by all having count(*) > 1)"
        )
        == 0
    )


def test_c2_trusting_the_declared_periods_is_refused(tmp_path: Path) -> None:
    deployment = Deployment.of(
        COMPANIES / "adventureworks.yml",
        tmp_path,
        policies={"quota_version": "oltp", "quota_period": "declared"},
    )
    deployment.land("2014-10-01", SHARED / "adventureworks", SHARED / "adventureworks_dw")
    result = deployment.run()
    assert result.exit_code == 1
    assert "quota_unique_period" in result.output
    assert "10 rows" in result.output
    assert deployment.release_id is None


def test_c4_territory_is_known_by_day(adventureworks: Deployment) -> None:
    assigned = (
        "select territory_id from shared.bridge_territory_assignment where participant_id = '275' "
        "and valid_from <= date '{0}' and date '{0}' < valid_to"
    )
    assert adventureworks.rows(assigned.format("2012-11-29")) == [("2",)]
    assert adventureworks.rows(assigned.format("2012-11-30")) == [("3",)]


def test_f1_orders(adventureworks: Deployment) -> None:
    [(n_orders, subtotal, total)] = adventureworks.rows(
        "select count(*), sum(subtotal_amount), sum(total_amount) from revenue.fct_order"
    )
    assert n_orders == 31465
    assert round(subtotal, 4) == 109846381.4039
    assert round(total, 4) == 123216786.1159
    assert adventureworks.rows(
        "select count(*), sum(amount) from pipeline.fct_opportunity "
        "where status = 'won' and owner_id <> 'unassigned'"
    ) == [(3806, 80487704.1832)]


def test_f1_credit_adds_up_to_all_orders(adventureworks: Deployment) -> None:
    assert adventureworks.rows(
        "select credit_state, participant_id = 'unassigned', count(*), sum(credit_amount) "
        "from attainment.fct_credit where measure = 'bookings' group by all order by all"
    ) == [("in_quota", False, 3806, 80487704.1832), ("no_quota", True, 27659, 29358677.2207)]


def test_f2_f3_attainment_by_window(adventureworks: Deployment) -> None:
    answers = SHARED / "answers" / "adventureworks" / "quota_window_totals.csv"
    with answers.open(encoding="utf-8") as lines:
        expected = [
            (
                row["quota_start"],
                row["quota_end_excl"],
                int(row["reps"]),
                float(row["quota"]),
                float(row["actual"]),
                round(float(row["attainment"]), 6),
            )
            for row in csv.DictReader(lines)
        ]
    assert len(expected) == 12
    assert (
        adventureworks.rows(
            f"""
            select period_start_on, period_end_on, count(*), sum(quota_amount),
                sum(credit_amount), round(sum(credit_amount) / sum(quota_amount), 6)
            from {ATTAINMENT}
            where measure = 'bookings'
            group by period_start_on, period_end_on
            order by period_start_on
            """
        )
        == expected
    )


def test_f3_every_seller_as_computed_elsewhere(adventureworks: Deployment) -> None:
    answers = SHARED / "answers" / "adventureworks" / "rep_quota_window_attainment.csv"
    with answers.open(encoding="utf-8") as lines:
        expected = {
            (row["quota_start"], row["sales_person_id"]): (
                row["name"],
                row["manager_name"],
                float(row["quota"]),
                float(row["actual_subtotal"] or 0),
            )
            for row in csv.DictReader(lines)
        }
    rows = adventureworks.rows(
        f"select period_start_on, participant_id, participant_name, manager_name, quota_amount, "
        f"credit_amount from {ATTAINMENT} where measure = 'bookings'"
    )
    assert {(start, seller): tuple(rest) for start, seller, *rest in rows} == expected


def test_f3_the_company_as_a_node(adventureworks: Deployment) -> None:
    """Windows 1 to 12; the node has all orders, the street quota is the sellers'."""
    rows = adventureworks.rows(
        """
        select n.period_start_on, n.street_quota_amount, n.credit_amount - house.credit_amount
        from attainment.fct_quota_attainment_node as n
        inner join attainment.fct_quota_attainment_node as house
            on house.hierarchy = n.hierarchy and house.measure = n.measure
                and house.period_start_on = n.period_start_on
                and house.node_key = 'participant/unassigned'
        where n.node_key = 'company' and n.hierarchy = 'as_was' and n.street_quota_amount > 0
        order by 1
        """
    )
    shares = [round(100 * credit / quota, 2) for _, quota, credit in rows]
    assert shares == [
        82.18, 86.58, 85.67, 81.96, 84.28, 81.36, 89.06, 83.77, 79.64, 83.65, 88.37, 86.33,
    ]  # fmt: skip
    assert sum(quota for _, quota, _ in rows) == 95714000


def test_f4_credit_equals_the_sources_own_total(adventureworks: Deployment) -> None:
    assert adventureworks.rows(
        "select count(*), count(*) filter (difference_amount = 0) "
        "from attainment.fct_credit_control where control_name = 'sales_ytd'"
    ) == [(17, 17)]


def test_f5_header_and_lines_agree_within_rounding(adventureworks: Deployment) -> None:
    [(n_orders, n_breaks, widest, difference)] = adventureworks.rows(
        "select count(*), count(*) filter (is_line_break), max(abs(line_difference_amount)), "
        "sum(line_difference_amount) from revenue.fct_order"
    )
    assert (n_orders, n_breaks) == (31465, 0)
    assert round(widest, 6) <= 0.00005
    assert abs(difference) < 0.005


def test_list_price_is_the_one_of_the_day(adventureworks: Deployment) -> None:
    """Product 707 cost 33.6442 until 2013-05-29 and 34.99 from the next day on."""
    assert adventureworks.rows(
        "select valid_from, valid_to, list_price from shared.dim_product_price "
        "where product_id = '707' order by valid_from"
    ) == [
        ("2011-05-31", "2012-05-30", 33.6442),
        ("2012-05-30", "2013-05-30", 33.6442),
        ("2013-05-30", "9999-12-31", 34.99),
    ]
