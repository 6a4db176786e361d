"""A Parquet file or folder gives what the DataFrame gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation import (
    RelativeLine,
    Replicates,
    SurveyDesign,
    Weights,
    agreement,
    alkire_foster,
    arpr,
    decompose,
    exclusion_error,
    fgt,
    gini,
    lorenz,
    mean,
    poverty_gap_at_median,
    proportion,
    qsr,
    quantile,
    ratio,
    total,
)

DESIGN = SurveyDesign(weight="weight", stratum="stratum", psu="village", size="persons")
BY = {"by": "county", "overall": True}
CALLS = {
    "mean": lambda d: mean(d, ["income", "x"], DESIGN, **BY),
    "total": lambda d: total(d, "income", DESIGN, **BY),
    "ratio": lambda d: ratio(d, "income", "line", DESIGN, **BY),
    "proportion": lambda d: proportion(d, "listed", DESIGN, **BY),
    "where": lambda d: mean(d, "income", DESIGN, by="county", where="listed"),
    "fgt": lambda d: fgt(d, "income", "line", DESIGN, **BY),
    "fgt relative": lambda d: fgt(d, "income", RelativeLine(0.5, "mean"), DESIGN, **BY),
    "arpr": lambda d: arpr(d, "income", DESIGN, **BY),
    "arpr own": lambda d: arpr(d, "income", DESIGN, within="domain", **BY),
    "rmpg": lambda d: poverty_gap_at_median(d, "income", DESIGN, **BY),
    "gini": lambda d: gini(d, "income", DESIGN, **BY),
    "qsr": lambda d: qsr(d, "income", DESIGN, where="listed", **BY),
    "lorenz": lambda d: lorenz(d, "income", DESIGN, **BY),
    "quantile": lambda d: quantile(d, "income", DESIGN, [0.25, 0.5], **BY),
    "alkire_foster": lambda d: alkire_foster(d, ["listed", "poor"], 0.5, DESIGN, **BY),
    "decompose": lambda d: decompose(d, "income", "line", DESIGN, "county", alpha=1),
    "exclusion": lambda d: exclusion_error(d, "poor", "listed", DESIGN, **BY),
    "agreement": lambda d: agreement(d, "poor", "listed", DESIGN, **BY),
    "by two": lambda d: mean(d, "x", DESIGN, by=["county", "listed"]),
    "no psu": lambda d: mean(d, "income", SurveyDesign(weight="weight", stratum="stratum"), **BY),
    "jackknife": lambda d: gini(d, "income", SurveyDesign(weight="weight", stratum="stratum", psu="village",
                                                          replicates=Replicates.jkn()), **BY),
    "given": lambda d: mean(d, "income", SurveyDesign(weight="weight", psu="village",
                            replicates=Replicates.given(["x", "weight"], scale=0.5, combined=False)), **BY),
}  # fmt: skip


@pytest.fixture(params=["file", "folder"])
def stored(request, survey, tmp_path):
    if request.param == "file":
        path = tmp_path / "survey.parquet"
        survey.to_parquet(path)
        return path
    for i, part in survey.groupby("stratum"):
        (tmp_path / f"part{i}").mkdir()
        part.to_parquet(tmp_path / f"part{i}" / "rows.parquet")
    return str(tmp_path)


@pytest.mark.parametrize("name", CALLS)
def test_every_estimator_gives_the_same_from_a_file(name, survey, stored):
    a, b = CALLS[name](survey), CALLS[name](stored)
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame(), check_dtype=False, rtol=1e-9)
    np.testing.assert_allclose(a.cov, b.cov, rtol=1e-7, atol=1e-12 * np.nanmax(np.abs(a.cov)))


def test_a_calibrated_design_gives_the_same_from_a_file(survey, tmp_path):
    w = Weights.start(survey, SurveyDesign(weight="weight", stratum="stratum", psu="village"))
    w = w.rake({"county": {"甲县": 500, "乙县": 400, "丙县": 300}})
    w.data.to_parquet(tmp_path / "w.parquet")
    a, b = (gini(d, "income", w.design, **BY) for d in (w.data, tmp_path / "w.parquet"))
    np.testing.assert_allclose(a.se, b.se, rtol=1e-10)


def test_nan_and_null_are_both_missing(survey, tmp_path):
    frame = survey.assign(income=survey.income.astype("Float64"))
    frame.to_parquet(tmp_path / "null.parquet")
    assert mean(tmp_path / "null.parquet", "income", DESIGN)[0].n == survey.income.notna().sum()


@pytest.mark.parametrize(
    ("value", "text"), [(-1.0, "rows 7"), (None, "rows 7"), (np.inf, "rows 7"), (np.nan, "rows 7")]
)
@pytest.mark.parametrize("estimator", [mean, gini])
def test_bad_weights_name_the_rows_of_the_file(survey, tmp_path, value, text, estimator):
    survey.loc[7, "weight"] = value
    survey.to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(EstimationError, match=text):
        estimator(tmp_path / "bad.parquet", "income", DESIGN)


def test_an_infinite_value_in_a_file(survey, tmp_path):
    survey.loc[7, "income"] = np.inf
    survey.to_parquet(tmp_path / "bad.parquet")
    for estimator in (mean, gini):
        with pytest.raises(EstimationError, match=r"'income' holds infinite values in 1 rows\n  where: rows 7 of the file"):
            estimator(tmp_path / "bad.parquet", "income", DESIGN)


@pytest.mark.parametrize("estimator", [mean, gini])
def test_errors_in_the_keys_name_rows_of_the_file(survey, stored, tmp_path, estimator):
    """Row 100 stands in village v8 of stratum 0; in the folder each stratum is a file of its own."""
    folder = isinstance(stored, str)
    at = "part0/rows.parquet:100" if folder else "100"
    for column, value, design, text in (
        ("village", None, DESIGN, f"missing in 1 rows\n  where: rows {at}"),
        ("village", "v39", DESIGN, f"where: rows {at}, "),
        ("persons", 0, SurveyDesign(weight="weight", psu="village", fpc="persons"), f"where: rows .*{at}"),
    ):
        path = tmp_path / "part0" / "rows.parquet" if folder else stored
        frame = survey[survey.stratum == "0"] if folder else survey
        if column == "persons":  # a count of units that is one for all
            frame = frame.assign(persons=40)
        bad = frame.copy()
        bad.loc[100, column] = value
        bad.to_parquet(path)
        with pytest.raises(EstimationError, match=text):
            estimator(tmp_path if folder else path, "income", design)


@pytest.mark.parametrize("call", [mean, total, gini, quantile])
def test_columns_may_have_any_name(survey, tmp_path, call):
    """Names that SQL of ours might use, a value that is a group as well, and a PSU column that is not unique alone."""
    names = {"weight": "w", "stratum": "s1", "village": "cell", "persons": "size", "income": "s0", "county": "c0", "x": "least"}
    frame = survey.rename(columns=names).assign(w0=1.0, most=2)
    frame["s0"] = frame["s0"].round(-3)
    frame.to_parquet(tmp_path / "odd.parquet")
    design = SurveyDesign(weight="w", stratum="s1", psu="cell", size="size")
    for y, by in (("s0", "c0"), ("least", ["s1", "c0"]), ("most", "most"), ("w", "s0")):
        a, b = (call(d, y, design, by=by).to_frame() for d in (frame, tmp_path / "odd.parquet"))
        pd.testing.assert_frame_equal(a, b, check_dtype=False, rtol=1e-9)


def test_a_text_column_says_no_domain(survey, tmp_path):
    survey.to_parquet(tmp_path / "s.parquet")
    for estimator in (mean, gini):
        with pytest.raises(EstimationError, match="'county' is not numeric"):
            estimator(tmp_path / "s.parquet", "income", DESIGN, where="county")


def test_absent_files_and_columns(survey, tmp_path):
    with pytest.raises(DataMissingError, match="no such file"):
        mean(tmp_path / "none.parquet", "income", DESIGN)
    with pytest.raises(DataMissingError, match="no Parquet file"):
        mean(tmp_path, "income", DESIGN)
    survey.to_parquet(tmp_path / "s.parquet")
    with pytest.raises(DataMissingError, match="did you mean income"):
        mean(tmp_path / "s.parquet", "incom", DESIGN)
    with pytest.raises(EstimationError, match="not numeric"):
        mean(tmp_path / "s.parquet", "county", DESIGN)
    with pytest.raises(EstimationError, match="no indicator"):
        proportion(tmp_path / "s.parquet", "x", DESIGN)
    survey.assign(none=False).to_parquet(tmp_path / "n.parquet")
    with pytest.raises(EstimationError, match="no row has"):
        mean(tmp_path / "n.parquet", "x", DESIGN, where="none")
