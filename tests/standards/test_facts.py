"""Published figures: how exactly each was printed, and what its printing allows."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from evaltools.errors import RuleBookError
from evaltools.standards import Claims, Relations, RuleBook

CLAIMS = Claims.load()

GOOD = """\
topic: {id: own, zh: 自定, en: Own}
claims:
  - id: own.figure
    label: {zh: 甲, en: a}
    value: 161.5
    scale: 万
    qualifier: rounded
    unit: persons
    entity: relatively_poor_persons
    scope: 全省
    level: province
    as_of: 2020-11-26
    kind: stock
    document: 省政府报告2020
    clause: 前言
    inventory: [HH-02]
"""


def read(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    return Claims.load(tmp_path)["own.figure"]


@pytest.mark.parametrize(
    ("digits", "scale", "qualifier", "low", "high"),
    [
        ("161.5", "万", "rounded", 1_614_500, 1_615_500), ("2277", '""', "exact", 2277, 2277),
        ("1000", "亿", "near", 90_000_000_000, 100_000_000_000),
        ("1600", "亿", "over", 160_000_000_000, 170_000_000_000),
        ("6.5", "万", "near", 64_000, 65_000), ("4", "万", "about", 35_000, 45_000),
        ("387", "万", "about", 3_676_500, 4_063_500),
        ("20", "万", "over", 200_000, 300_000), ("9300", '""', "over", 9300, 9400),
        ("50", "万", "rounded", 495_000, 505_000),
    ],
)  # fmt: skip
def test_interval_of_a_printed_figure(tmp_path, digits, scale, qualifier, low, high):
    text = GOOD.replace("161.5", digits).replace("scale: 万", f"scale: {scale}").replace("rounded", qualifier)
    claim = read(tmp_path, text)
    assert (claim.low, claim.high) == (low, high)


def test_a_share_of_at_least_ends_at_one(tmp_path):
    text = GOOD.replace("161.5", "99").replace("scale: 万", 'scale: "%"').replace("rounded", "at_least")
    claim = read(tmp_path, text.replace("unit: persons", "unit: share"))
    assert (claim.value, claim.low, claim.high) == (Fraction(99, 100), Fraction(99, 100), 1)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("value: 161.5", "value: 161,5", "value"), ("    value: 161.5\n", "", "value"),
        ("scale: 万", "scale: 千", "scale"),
        ("rounded", "roughly", "qualifier"), ("    qualifier: rounded\n", "", "qualifier"),
        ("unit: persons", "unit: souls", "unit"),
        ("    entity: relatively_poor_persons\n", "", "entity"), ("    scope: 全省\n", "", "scope"),
        ("level: province", "level: moon", "level"),
        ("as_of: 2020-11-26", "as_of: 2020", "as_of"), ("kind: stock", "kind: guess", "kind"),
        ("    kind: stock\n", "", "kind"),
        ("document: 省政府报告2020", "document: 某报", "document"), ("    clause: 前言\n", "", "clause"),
        ("    clause: 前言\n", "    clause: 前言\n    area: 某市\n", "area"), ("    scope:", "    skope:", "skope"),
        ("value: 161.5", "value: 161.5\n    wording: 许多", "wording"),
    ],
)  # fmt: skip
def test_an_incomplete_figure_is_refused_with_file_entry_and_key(tmp_path, old, new, key):
    assert old in GOOD
    with pytest.raises(RuleBookError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert "own.yaml" in caught.value.where
    assert re.search(rf"key {key}\b", caught.value.where)


def test_a_figure_given_twice_is_refused(tmp_path):
    with pytest.raises(RuleBookError, match="two claims"):
        read(tmp_path, GOOD + GOOD[GOOD.index("  - id:") :])
    with pytest.raises(RuleBookError, match="two claims"):
        read(tmp_path, GOOD.replace("own.figure", "villages.poor_2016"))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("population.persons_2016", 1_765_000), ("population.registered_2020_06", 1_615_000),
        ("villages.exited_2019", 2140),
        ("villages.guangzhou_helped", 477), ("inputs.guidance_city", 74_000_000),
        ("inputs.guidance_district", 330_000_000),
        ("inputs.guidance_enterprise", 73_000_000), ("inputs.counterpart_funds", 13_094_000_000),
        ("inputs.first_secretaries", 4554),
        ("industry.credit", 2_321_000_000), ("industry.credit_households", 70_664),
        ("employment.public_posts", 17_020),
        ("guarantee.housing_households", 344_000), ("guarantee.dibao_min_section2", 6384),
        ("infrastructure.parcel", Fraction("0.802")),
        ("supervision.problems", 3278), ("supervision.cases_2019", 2010), ("eastwest.funds_total", 67_200_000_000),
        ("eastwest.labour_partner", 2_200_000), ("covid.trips", 3053),
    ],
)  # fmt: skip
def test_figures_are_those_of_the_documents(claim, value):
    assert CLAIMS[claim].value == value


def test_facts_are_stamped_with_date_document_and_kind():
    for claim in CLAIMS.values():
        assert claim.as_of >= "2016-01-01"
        assert claim.document
        assert claim.kind in ("stock", "flow", "cumulative", "target", "plan", "rate")
        assert claim.low is None or claim.low <= claim.value <= claim.high


def test_unknown_figure_names_the_nearest():
    with pytest.raises(RuleBookError, match=r"villages\.shanwei"):
        CLAIMS["villages.shanwai"]


def test_display_says_how_it_was_printed():
    assert "近1000亿" in repr(CLAIMS["inputs.total_2020_06"])
    assert "20余万" in repr(CLAIMS["industry.solar_households"])
    assert str(len(CLAIMS)) in repr(CLAIMS)
    assert "0x" not in repr(CLAIMS) + CLAIMS._repr_html_()
    assert len(CLAIMS.to_frame("en")) == len(CLAIMS)


INVENTORY_WITHOUT_RULE_OR_FIGURE = {"RM-07", "RM-09", "CV-06"}
"""Indicators computed from data alone: a stability index and two shocks; the catalogue holds them."""


def test_every_inventory_item_has_a_rule_a_pair_or_a_figure():
    counts = {
        "HH": 12, "V": 11, "DM": 9, "TA": 5, "RM": 9, "IN": 16, "EM": 12, "SS": 11, "ED": 9, "HE": 11, "HO": 9,
        "IF": 11, "LE": 7, "FI": 19, "AS": 7, "CA": 14, "TM": 11, "PB": 11, "SM": 9, "EW": 17, "AS-21": 12, "TP": 5,
        "RL": 9, "CV": 6, "LI": 7, "OT": 18,
    }  # fmt: skip
    ids = [(prefix, n) for prefix, count in counts.items() for n in range(1, count + 1)]
    wanted = {f"{prefix}.{n}" if prefix == "AS-21" else f"{prefix}-{n:02d}" for prefix, n in ids}
    wanted.discard("OT-09")  # the inventory has no such item
    relations = Relations.load(CLAIMS)
    held = set(RuleBook.load().inventory()) | set(CLAIMS.inventory())
    held |= {i for r in (*relations.relations, *relations.derived) for i in r.inventory}
    assert wanted - held == INVENTORY_WITHOUT_RULE_OR_FIGURE
    conflicts = {f"X{n}" for n in range(1, 23)} - {"X20"}  # X20 is a note of the document's entry
    assert conflicts <= held
