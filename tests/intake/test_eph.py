"""A real household panel comes in through its mapping and gives the published poverty rates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evaltools.estimation import SurveyDesign, fgt
from evaltools.intake import Mapping, check_folder
from evaltools.intake.mapped import Mapped

ROOT = Path(__file__).resolve().parents[2]
PANEL = Path(os.environ.get("EVALTOOLS_EPH") or ROOT.parent / "shared" / "data" / "eph")
MAPPING = ROOT / "params" / "mappings" / "eph.yaml"
# INDEC, Incidencia de la pobreza y la indigencia, persons below the poverty line, 31 agglomerations, percent.
PUBLISHED = {"2016S2": 30.3, "2017S1": 28.6, "2017S2": 25.7, "2018S1": 27.3}

pytestmark = pytest.mark.skipif(
    not (PANEL / "household_waves.parquet").exists(), reason="the panel is not on this machine"
)


@pytest.fixture(scope="module")
def panel() -> Mapped:
    return Mapping.load(MAPPING).apply(PANEL)


def test_the_poverty_rate_of_persons_is_the_published_one(panel: Mapped) -> None:
    design = SurveyDesign(weight="weight", size="persons", psu="cluster")
    found = fgt(panel.frame, "household_income_lcu", "poverty_line_lcu", design, by="half_year", alpha=0).to_frame()
    rates = dict(zip(found["half_year"], 100 * found["estimate"], strict=True))
    for half_year, published in PUBLISHED.items():
        assert rates[half_year] == pytest.approx(published, abs=0.2)


def test_missing_incomes_are_counted_not_read_as_nothing(panel: Mapped) -> None:
    frame = panel.frame
    unknown = ~frame["has_income"].astype(bool)
    assert (frame["household_income_lcu"].isna() == unknown).all()
    assert (frame.loc[unknown, "weight"] == 0).all()
    assert panel.quality.tables["income"].missing["household_income_lcu"] == pytest.approx(unknown.mean())
    assert round(100 * unknown.mean()) == 21  # docs/data.md says so


def test_every_row_of_the_panel_is_in_the_ledger(panel: Mapped) -> None:
    ledger = panel.quality.tables["income"]
    assert ledger.rows_in_file == ledger.rows_kept == 168_125
    assert ledger.balanced()
    assert "subsidy_income_ars" in ledger.unknown_columns
    assert panel.quality.is_clean


def test_the_check_command_reads_it_the_same_way() -> None:
    report = check_folder(PANEL / "household_waves.parquet", mapping=MAPPING)
    assert report.is_clean
    assert report.tables["income"].rows_kept == 168_125
