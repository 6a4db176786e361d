"""Small made-up cities: results written by hand, so that every sentence can be checked against a known number."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaltools import terms
from evaltools.indicators import (
    ExitVerdicts,
    Gate,
    GateResult,
    Gates,
    Source,
    StockFlow,
    Unknowns,
    Variant,
    VillageVerdicts,
)
from evaltools.indicators.exits.result import COMPONENTS
from evaltools.intake.quality import QualityReport, TableQuality, Violation
from evaltools.report.chapters import build_city_report
from evaltools.report.model import HelpedCity, Provenance, ReportInput
from evaltools.report.publish import publish_account, publish_exits, publish_response
from evaltools.report.publish_support import publish_funds
from evaltools.standards import RuleBook
from evaltools.terms import VerdictState as State

DAY = dt.date(2020, 12, 31)
PLACES = {"441402": "梅江区", "441403": "梅县区", "441422": "大埔县", "441424": "五华县"}
RULE_OF = {
    Gate.OMISSION: "gate.omission_rate_max",
    Gate.WRONGFUL_EXIT: "gate.wrongful_exit_rate_max",
    Gate.WRONG_INCLUSION: "gate.wrong_inclusion_rate",
    Gate.COMPOSITE: "gate.composite_incidence_max",
    Gate.APPROVAL: "gate.public_approval_min",
}


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return RuleBook.load()


@pytest.fixture(scope="session")
def make_gate(book):
    """A gate's result with the city's rule."""

    def make(
        gate: Gate, state: State, rate=np.nan, low=np.nan, high=np.nan, *, city="441400", area=None, **more
    ) -> GateResult:
        rule = book.at(DAY, city=city)[RULE_OF[gate]]
        limit = rule.value if rule.is_defined else None
        source = Source(("survey",), "persons(bad) / persons(all)", more.get("n", 400), (rule.id,))
        base = {"n": 400, "n_psu": 40, "n_effective": 210.4, "deff": 1.7, "df": 36.0, "rho": 0.05, "source": source}
        return GateResult(
            gate,
            Variant.DEFAULT,
            area or city,
            "county" if area else "city",
            "persons",
            state,
            rate,
            0.004,
            low,
            high,
            limit=limit,
            comparison=">=" if gate is Gate.APPROVAL else "<=",
            rule=rule,
            **(base | more),
        )

    return make


@pytest.fixture(scope="session")
def make_gates(make_gate, book):
    """Omission met, wrongful exit not met, wrong inclusion without rule, composite undecided, approval missing."""

    def make(city="441400", scale: float = 1.0) -> Gates:
        unknown = Unknowns(12, 0.031, 0.029 * scale, 0.06 * scale, State.UNDECIDED, State.NOT_MET)
        results = (
            make_gate(Gate.OMISSION, State.MET, 0.004 * scale, 0.0008 * scale, 0.0124 * scale, city=city),
            make_gate(Gate.WRONGFUL_EXIT, State.NOT_MET, 0.041 * scale, 0.0281, 0.0577, city=city, unknown=unknown),
            make_gate(Gate.WRONG_INCLUSION, State.RULE_UNDEFINED, 0.012, 0.005, 0.024, city=city),
            make_gate(Gate.COMPOSITE, State.UNDECIDED, 0.015, 0.007, 0.0301, city=city, households_needed=1234),
            make_gate(
                Gate.APPROVAL, State.EVIDENCE_MISSING, city=city, reason_zh="没有认可度答案", reason_en="no answers"
            ),
        )
        counties = tuple(
            make_gate(
                g,
                State.UNDECIDED if g is not Gate.WRONG_INCLUSION else State.RULE_UNDEFINED,
                rate,
                0.001,
                0.2,
                city=city,
                area=area,
                n=90,
            )
            for g in (Gate.OMISSION, Gate.WRONGFUL_EXIT)
            for area, rate in (("441402", 0.011), ("441424", 0.052 * scale))
        )
        response = pd.DataFrame(
            {
                "group": ["registered_labour", "non_registered"],
                "approached": [250, 210],
                "responded": [230, 170],
                "response_rate": [0.92, 170 / 210],
            }
        )
        return Gates(
            terms.city(city),
            2020,
            results,
            counties=counties,
            overall=State.NOT_MET,
            response=publish_response(response, book.at(DAY, city=city)),
            notes_zh=("样本外的村未调查",),
            notes_en=("villages outside the sample were not surveyed",),
        )

    return make


@pytest.fixture(scope="session")
def make_exits(book):
    """Exited households of four counties, not met: 五华县 24, 梅县区 13, 大埔县 3 (too few to publish), 梅江区 0."""

    def make(extra: int = 0) -> ExitVerdicts:
        rules = book.at(DAY, city="441400")
        rng = np.random.default_rng(7)
        rows = []
        for county, n, bad in (
            ("441402", 120, 0),
            ("441403", 150 + extra, 13),
            ("441422", 110, 3),
            ("441424", 200, 24),
        ):
            states = ["not_met"] * bad + ["met"] * (n - bad)
            incomes = np.exp(rng.normal(9.5, 0.25, n))
            rows.append(
                pd.DataFrame(
                    {
                        "county_code": county,
                        "registry_status": "exited",
                        "persons": 3,
                        "verdict": states,
                        "verdict_planned": states,
                        "income_per_capita_yuan": incomes,
                        "route": ["income", "safety_net"] * (n // 2) + ["income"] * (n % 2),
                        "is_line_sensitive": False,
                        "housing": states,
                        **{c: "met" for c in COMPONENTS if c != "housing"},
                    }
                )
            )
        poor = rows[0].iloc[:14].assign(registry_status="poor")
        frame = pd.concat([*rows, poor], ignore_index=True)
        return ExitVerdicts(
            2020, frame, pd.DataFrame(), rules["exit.household_income_line_actual"].value, 8699.0, rules
        )

    return make


@pytest.fixture(scope="session")
def villages() -> VillageVerdicts:
    """Ten poor villages of 五华县, two below the line; road coverage has a rule, parcel service none."""
    states = ["not_met"] * 2 + ["met"] * 8
    frame = pd.DataFrame(
        {
            "village_code": [f"44142400{i:04d}" for i in range(10)],
            "county_code": "441424",
            "verdict": states,
            "is_line_sensitive": False,
            "collective_income_yuan": [1e4 * x for x in (5, 8, 9, 11, 12, 14, 18, 22, 40, 160)],
            "parcel": ["met"] * 6 + ["not_met"] * 4,
            "bus": ["met"] * 10,
        }
    )
    summary = pd.DataFrame(
        [
            {
                "city_code": "441400",
                "county_code": "441424",
                "villages": 10,
                "villages_met": 8,
                "villages_not_met": 2,
                "villages_evidence_missing": 0,
                "villages_line_sensitive": 0,
            }
        ]
    )
    money = pd.DataFrame(
        [
            {
                "villages": 10,
                "unknown": 0,
                "mean": 299000.0,
                "median": 130000.0,
                "p25": 95000.0,
                "p75": 210000.0,
                "min": 50000.0,
                "max": 1600000.0,
                "gini": 0.55,
            }
        ]
    )
    cover = pd.DataFrame(
        [
            {
                "item": "road_ge20_households",
                "label_zh": "20户以上自然村路面硬化",
                "label_en": "paved roads (20 households)",
                "denominator": 50.0,
                "numerator": 46.0,
                "unknown_villages": 0,
                "share": 0.92,
                "target": 1.0,
                "state": "not_met",
            },
            {
                "item": "parcel",
                "label_zh": "快递物流",
                "label_en": "parcel service",
                "denominator": 10.0,
                "numerator": 6.0,
                "unknown_villages": 0,
                "share": 0.6,
                "target": np.nan,
                "state": "rule_undefined",
            },
        ]
    )
    return VillageVerdicts(2020, frame, summary, money, cover, 12086.04, 11599.0)


@pytest.fixture(scope="session")
def stock_flow() -> StockFlow:
    """One county closes, 五华县 lacks 17 households with 45 persons."""
    lines = {
        "registered": 0,
        "returned": 20,
        "moved_in": 0,
        "joined": 0,
        "exited": 40,
        "removed": 0,
        "died_out": 0,
        "moved_out": 0,
        "left": 0,
    }
    rows = []
    for county, gap in (("441402", 0), ("441424", -17)):
        for unit, k in (("households", 1.0), ("persons", 45 / 17)):
            flows = {name: round(v * (1 if unit == "households" else 3)) for name, v in lines.items()}
            opening = 60 if unit == "households" else 180
            expected = opening + flows["returned"] - flows["exited"]
            rows.append(
                {
                    "city_code": "441400",
                    "county_code": county,
                    "year": 2020,
                    "unit": unit,
                    "opening": opening,
                    **flows,
                    "expected": expected,
                    "closing": expected + round(gap * k),
                    "residual": round(gap * k),
                    "has_opening": True,
                }
            )
    frame = pd.DataFrame(rows)
    totals = frame.drop(columns=["county_code"]).groupby(["city_code", "year", "unit"], as_index=False).sum()
    return StockFlow(frame, frame[frame["residual"] != 0], totals)


@pytest.fixture(scope="session")
def quality() -> QualityReport:
    """One table with 5 dropped rows and an error."""
    survey = TableQuality(
        "survey", "入户调查", "survey.csv", 405, 0, 405, 400, Counter({"duplicate_key": 5}), {"is_dibao": 0.0864}
    )
    bad = Violation("survey", "survey.csv", 17, "weight", "-1", "min", "negative weight")
    return QualityReport({"survey": survey}, [bad], absent_tables=("price_index", "loans"))


@pytest.fixture(scope="session")
def helped_input(book, make_gates, make_exits, villages, stock_flow, quality):
    """梅州 as `ReportInput`; keywords replace its parts."""

    def make(lang="zh", **changes) -> ReportInput:
        rules = book.at(DAY, city="441400")
        made = Provenance(
            "0f3c",
            True,
            {"pandas": "3.1.1"},
            {"city": "meizhou", "year": 2020},
            {"survey.csv": "ab12"},
            book.digest,
            ("gate.omission_rate_max",),
            "evaltools report --city meizhou",
        )
        base = ReportInput(
            terms.city("441400"),
            2020,
            DAY,
            lang,
            rules,
            quality,
            made,
            meta={"synthetic": True, "seed": 11, "scale": 0.02},
            places=PLACES,
            exits=publish_exits(make_exits(), rules),
            villages=villages,
            gates=make_gates(),
            account=publish_account(stock_flow, 2020, rules),
            helper=terms.city("440100"),
            pairings=book.pairings,
        )
        return replace(base, **changes)

    return make


@pytest.fixture(scope="session")
def flows() -> pd.DataFrame:
    """Guidance of 2020 to 梅州 (2 villages, one paid a day late) and 清远 (1 village, not paid); 30 % of the input."""
    rows = [
        ("guidance", "helping_city", "440100", "441400", 500_000, "2020-04-30"),
        ("guidance", "district", "440100", "441400", 500_000, "2020-05-01"),
        ("guidance", "enterprise", "440100", "441800", 500_000, None),
        ("per_capita_input", "helping_city", "440100", "441400", 3_000_000, "2020-03-01"),
        ("per_capita_input", "province", None, "441400", 6_000_000, "2020-03-01"),
        ("per_capita_input", "local_city", "441400", "441400", 1_000_000, "2020-03-01"),
    ]
    names = ["fund", "payer", "payer_city_code", "city_code", "amount_yuan", "paid_date"]
    return pd.DataFrame(rows, columns=names).assign(year=2020, paid_date=lambda d: pd.to_datetime(d["paid_date"]))


@pytest.fixture(scope="session")
def helped_villages() -> pd.DataFrame:
    rows = [("441400000001", "441400"), ("441400000002", "441400"), ("441800000001", "441800")]
    table = pd.DataFrame(rows, columns=["village_code", "city_code"])
    return table.assign(year=2020, helper_city_code="440100", is_poor_village=True)


@pytest.fixture(scope="session")
def helping_input(book, make_gates, make_exits, villages, quality, flows, helped_villages):
    """A helping city with 梅州 evaluated and 清远 broken."""

    def make(city="440100", lang="zh", **changes) -> ReportInput:
        rules = book.at(DAY, city=city)
        own = book.at(DAY, city="441400")
        helped = (
            HelpedCity(terms.city("441400"), make_gates(), publish_exits(make_exits(), own), villages),
            HelpedCity(terms.city("441800"), failure="[data-invalid] 3 rows without a village"),
        )
        funds = publish_funds(flows, helped_villages, rules, "440100", 2020)
        base = ReportInput(
            terms.city(city), 2020, DAY, lang, rules, quality, helped=helped, funds=funds, pairings=book.pairings
        )
        return replace(base, **changes)

    return make


@pytest.fixture(scope="session")
def no_task_input(book, quality):
    """江门: no gates, no villages, no registry of the task."""

    def make(lang="zh") -> ReportInput:
        rules = book.at(DAY, city="440700")
        gates = Gates(
            terms.city("440700"),
            2020,
            tuple(
                GateResult(
                    g,
                    Variant.DEFAULT,
                    "440700",
                    "city",
                    "persons",
                    State.NOT_APPLICABLE,
                    n=0,
                    rule=rules[RULE_OF[g]],
                    reason_zh="不在承担任务的14个市之列",
                    reason_en="not among the 14 cities with tasks",
                )
                for g in Gate
            ),
            overall=State.NOT_APPLICABLE,
        )
        return ReportInput(terms.city("440700"), 2020, DAY, lang, rules, quality, gates=gates, pairings=book.pairings)

    return make


@pytest.fixture(scope="session")
def reports(helped_input, helping_input, no_task_input):
    """Every kind of city in both languages, built once."""
    kinds = {"helped": helped_input, "helping": helping_input, "no_task": no_task_input}
    return {(kind, lang): build_city_report(make(lang=lang)) for kind, make in kinds.items() for lang in ("zh", "en")}
