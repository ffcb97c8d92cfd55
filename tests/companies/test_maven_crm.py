"""What a sales leader sees on the Maven CRM data (B1 to B14), read from the release."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.companies.conftest import MAVEN_FILES
from tests.deployment import COMPANIES, Deployment
from tests.realdata import SHARED, needs_real_data

pytestmark = [needs_real_data, pytest.mark.real, pytest.mark.xdist_group("maven")]

OPPORTUNITY = "pipeline.fct_opportunity"


def test_b1_row_control(maven: Deployment) -> None:
    assert maven.rows(
        f"select stage, count(*), count(distinct opportunity_id) from {OPPORTUNITY} "
        "group by stage order by 2 desc"
    ) == [
        ("Won", 4238, 4238),
        ("Lost", 2473, 2473),
        ("Engaging", 1589, 1589),
        ("Prospecting", 500, 500),
    ]


def test_b2_bookings_by_quarter(maven: Deployment) -> None:
    assert maven.rows(
        f"""
        select d.fiscal_quarter_key, sum(o.amount), count(*)
        from {OPPORTUNITY} as o
        inner join shared.dim_date as d on o.closed_on = d.day_on
        where o.status = 'won'
        group by d.fiscal_quarter_key
        order by 1
        """
    ) == [
        ("FY2017-Q1", 1134672, 531),
        ("FY2017-Q2", 3086111, 1254),
        ("FY2017-Q3", 2982255, 1257),
        ("FY2017-Q4", 2802496, 1196),
    ]
    assert maven.value(f"select sum(amount) from {OPPORTUNITY} where status = 'won'") == 10005534


def test_b3_win_rate_and_the_left_truncated_quarter(maven: Deployment) -> None:
    rows = maven.rows(
        "select period_key, round(win_rate_pct, 6), is_left_truncated from pipeline.fct_win_rate "
        "where node_type = 'company' order by period_key"
    )
    assert rows == [
        ("FY2017-Q1", 0.820711, True),
        ("FY2017-Q2", 0.617126, False),
        ("FY2017-Q3", 0.614069, False),
        ("FY2017-Q4", 0.602519, False),
    ]
    [(won, closed, rate)] = maven.rows(
        "select sum(n_won), sum(n_closed), sum(n_won) / sum(n_closed) "
        "from pipeline.fct_win_rate where node_type = 'company'"
    )
    assert (won, closed, round(rate, 6)) == (4238, 6711, 0.631501)


def test_b4_value_win_rate_is_unknown_not_one(maven: Deployment) -> None:
    assert maven.rows(
        "select distinct value_win_rate_pct from pipeline.fct_win_rate where node_type = 'company'"
    ) == [(None,)]


def test_b5_region_and_manager(maven: Deployment) -> None:
    won = f"sum(amount) from {OPPORTUNITY} where status = 'won' group by"
    assert maven.rows(f"select region, {won} region order by region") == [
        ("Central", 3346293),
        ("East", 3090594),
        ("West", 3568647),
    ]
    assert maven.rows(f"select manager_name, {won} manager_name order by 2 desc") == [
        ("Melvin Marxen", 2251930),
        ("Summer Sewald", 1964750),
        ("Rocco Neubert", 1960545),
        ("Celia Rouche", 1603897),
        ("Cara Losch", 1130049),
        ("Dustin Brinkmann", 1094363),
    ]
    assert maven.rows(f"select owner_name, count(*), {won} owner_name order by 3 desc limit 1") == [
        ("Darcel Schlecht", 349, 1153214)
    ]


def test_b5_every_agent_as_computed_elsewhere(maven: Deployment) -> None:
    with (SHARED / "answers" / "maven_crm" / "by_agent.csv").open(encoding="utf-8") as lines:
        expected = {
            row["sales_agent"]: (
                row["manager"],
                row["regional_office"],
                int(row["won"]),
                int(row["lost"]),
                float(row["won_revenue"]),
            )
            for row in csv.DictReader(lines)
        }
    rows = maven.rows(
        f"""
        select
            owner_name,
            manager_name,
            region,
            count(*) filter (status = 'won'),
            count(*) filter (status = 'lost'),
            sum(amount) filter (status = 'won')
        from {OPPORTUNITY}
        group by all
        """
    )
    assert {name: tuple(rest) for name, *rest in rows} == expected


def test_b6_people_without_deals_are_people(maven: Deployment) -> None:
    assert maven.value("select count(*) from shared.dim_participant where is_latest") == 35


def test_b10_price_realisation(maven: Deployment) -> None:
    [(won, listed, realised, above)] = maven.rows(
        f"""
        select sum(amount), sum(list_amount), sum(amount) / sum(list_amount),
            count(*) filter (amount > list_amount)
        from {OPPORTUNITY} where status = 'won'
        """
    )
    assert (won, listed, round(realised, 6), above) == (10005534, 10023482, 0.998209, 2040)
    by_product = dict(
        maven.rows(
            f"select product_name, round(sum(amount) / sum(list_amount), 6) from {OPPORTUNITY} "
            "where status = 'won' group by product_name"
        )
    )
    assert by_product["MG Special"] == 1.003508
    assert by_product["GTX Plus Basic"] == 0.98545


def test_b11_deal_size_and_cycle(maven: Deployment) -> None:
    [(mean, cycle, median, p90)] = maven.rows(
        f"""
        select avg(amount), avg(cycle_days), quantile_cont(cycle_days, 0.5),
            quantile_cont(cycle_days, 0.9)
        from {OPPORTUNITY} where status = 'won'
        """
    )
    assert (round(mean, 2), round(cycle, 2), median, p90) == (2360.91, 51.78, 57, 106)
    by_quarter = maven.rows(
        f"""
        select round(avg(o.cycle_days), 2)
        from {OPPORTUNITY} as o
        inner join shared.dim_date as d on o.closed_on = d.day_on
        where o.status = 'won'
        group by d.fiscal_quarter_key
        order by d.fiscal_quarter_key
        """
    )
    assert by_quarter == [(65.63,), (51.01,), (48.82,), (49.56,)]


def test_b14_pipeline_by_account_ties(maven: Deployment) -> None:
    rows = maven.rows(
        f"select account_name, count(*), sum(amount) from {OPPORTUNITY} "
        "where status = 'open' group by account_name"
    )
    unassigned = {name: n_deals for name, n_deals, _ in rows}["unassigned"]
    assert unassigned == 1425
    assert sum(amount for *_, amount in rows) == 4966215
    assert maven.rows(
        f"select stage, count(*) from {OPPORTUNITY} where account_id = 'unassigned' "
        "group by stage order by stage"
    ) == [("Engaging", 1088), ("Prospecting", 337)]


def test_b16_spelling_is_mapped_and_the_delivered_one_kept(maven: Deployment) -> None:
    assert maven.rows(
        "select industry, count(*) from shared.dim_account "
        "where industry_as_delivered = 'technolgy' group by industry"
    ) == [("technology", 12)]


def test_every_deal_names_its_extract_line(maven: Deployment) -> None:
    source = (SHARED / "maven_crm" / "sales_pipeline.csv").read_text(encoding="utf-8").splitlines()
    rows = maven.rows(
        f"select opportunity_id, source_file, source_line from {OPPORTUNITY} using sample 25"
    )
    for opportunity_id, file, line in rows:
        assert file == "maven_crm/opportunity/2018-01-02/sales_pipeline.csv"
        assert source[line - 1].startswith(f"{opportunity_id},")


@pytest.fixture
def unmapped(tmp_path: Path) -> Deployment:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path, reference=None)
    files = [SHARED / "maven_crm" / f"{name}.csv" for name in MAVEN_FILES]
    assert deployment.land("2018-01-02", *files).exit_code == 0
    return deployment


def test_b9_an_unmapped_product_is_refused_by_name(unmapped: Deployment) -> None:
    result = unmapped.run()
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert unmapped.release_id is None
    assert "product_is_known" in said
    assert "GTXPro" in said
    assert "1,480" in said
    assert "aliases.csv" in said


def test_the_variant_with_other_dates_is_refused_not_misread(tmp_path: Path) -> None:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path)
    deployment.land("2018-01-02", SHARED / "maven_crm" / "variant_crlf_copy")
    result = deployment.run()
    assert result.exit_code == 1
    assert deployment.release_id is None
    assert "sales_pipeline.csv" in result.output


def test_b5_regions_and_managers_as_nodes(maven: Deployment) -> None:
    nodes = dict(
        maven.rows(
            "select node_key, sum(credit_amount) from attainment.fct_quota_attainment_node "
            "where hierarchy = 'as_was' and node_type in ('company', 'region', 'manager') "
            "group by node_key"
        )
    )
    assert nodes == {
        "company": 10005534,
        "region/Central": 3346293,
        "region/East": 3090594,
        "region/West": 3568647,
        "manager/Melvin Marxen": 2251930,
        "manager/Summer Sewald": 1964750,
        "manager/Rocco Neubert": 1960545,
        "manager/Celia Rouche": 1603897,
        "manager/Cara Losch": 1130049,
        "manager/Dustin Brinkmann": 1094363,
    }
    assert maven.rows(
        "select node_name, sum(credit_amount) from attainment.fct_quota_attainment_node "
        "where hierarchy = 'as_was' and node_type = 'participant' group by node_name "
        "order by 2 desc limit 1"
    ) == [("Darcel Schlecht", 1153214)]


def test_b6_who_sold_nothing_is_in_the_distribution(maven: Deployment) -> None:
    rows = maven.rows(
        "select period_start_on, n_people, n_at_zero, median_attainment_pct "
        "from attainment.fct_attainment_distribution where node_key = 'company' "
        "and measure = 'bookings' order by 1"
    )
    assert [n_people for _, n_people, _, _ in rows] == [35] * 4
    assert all(n_at_zero >= 5 for _, _, n_at_zero, _ in rows)
    assert min(n_at_zero for _, _, n_at_zero, _ in rows) == 5
    assert {median for *_, median in rows} == {None}
