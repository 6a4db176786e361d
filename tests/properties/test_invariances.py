"""What must not change an estimate, whatever the sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaltools.estimation import (
    SurveyDesign,
    alkire_foster,
    arpr,
    fgt,
    gini,
    mean,
    proportion,
    qsr,
    quantile,
    ratio,
    total,
)

DESIGN = SurveyDesign(weight="w", stratum="s", psu="v")
ESTIMATORS = {
    "mean": lambda d, x=DESIGN: mean(d, "y", x, by="g", overall=True),
    "total": lambda d, x=DESIGN: total(d, "y", x, by="g", overall=True),
    "ratio": lambda d, x=DESIGN: ratio(d, "y", "x", x, by="g", overall=True),
    "proportion": lambda d, x=DESIGN: proportion(d, "b", x, by="g", overall=True),
    "fgt": lambda d, x=DESIGN: fgt(d, "y", 9000, x, by="g", overall=True),
    "arpr": lambda d, x=DESIGN: arpr(d, "y", x, by="g", overall=True),
    "gini": lambda d, x=DESIGN: gini(d, "y", x, by="g", overall=True),
    "qsr": lambda d, x=DESIGN: qsr(d, "y", x, by="g", overall=True),
    "quantile": lambda d, x=DESIGN: quantile(d, "y", x, [0.3, 0.5], by="g", overall=True),
    "alkire_foster": lambda d, x=DESIGN: alkire_foster(d, ["b", "c"], 0.5, x, by="g", overall=True),
}
RATIOS = [name for name in ESTIMATORS if name != "total"]
fast = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def samples(draw) -> pd.DataFrame:
    """Strata of two to four villages of one to six households, with holes in y."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [draw(st.lists(st.integers(1, 6), min_size=2, max_size=4)) for _ in range(draw(st.integers(1, 4)))]
    rows = [
        (f"s{h}", f"s{h}v{i}") for h, villages in enumerate(sizes) for i, m in enumerate(villages) for _ in range(m)
    ]
    frame = pd.DataFrame(rows, columns=["s", "v"])
    n = len(frame)
    frame = frame.assign(
        w=rng.uniform(0.5, 4, n), y=np.exp(rng.normal(9, 1, n)), x=rng.uniform(1, 2, n), g=rng.choice(list("ab"), n),
        b=rng.integers(0, 2, n).astype(float), c=rng.integers(0, 2, n).astype(float),
    )  # fmt: skip
    frame.loc[rng.uniform(size=n) < 0.1, "y"] = np.nan
    return frame


def same(a, b, rtol: float = 1e-9) -> None:
    for name in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu"):
        left, right = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(left, right, rtol=rtol, atol=1e-9 * (1 + np.nanmax(np.abs(a.estimate), initial=0)))
    assert a.reason == b.reason


@pytest.mark.parametrize("name", ESTIMATORS)
@fast
@given(frame=samples(), seed=st.integers(0, 1000))
def test_shuffling_the_rows_changes_nothing(name, frame, seed):
    same(ESTIMATORS[name](frame), ESTIMATORS[name](frame.sample(frac=1, random_state=seed)))


@pytest.mark.parametrize("name", RATIOS)
@fast
@given(frame=samples(), factor=st.sampled_from([1e-3, 7.0, 1e6]))
def test_scaling_the_weights_changes_no_ratio(name, frame, factor):
    same(ESTIMATORS[name](frame), ESTIMATORS[name](frame.assign(w=frame.w * factor)))


@pytest.mark.parametrize("name", ESTIMATORS)
@fast
@given(frame=samples())
def test_splitting_rows_within_a_village_changes_no_estimate_and_no_error(name, frame):
    """Each row becomes two of half its weight; only n, the number of rows, doubles."""
    halves = pd.concat([frame, frame], ignore_index=True).assign(w=lambda d: d.w / 2)
    a, b = ESTIMATORS[name](frame), ESTIMATORS[name](halves)
    scale = 1 + np.nanmax(np.abs(a.estimate), initial=0)
    np.testing.assert_allclose(a.estimate, b.estimate, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-8, atol=1e-9 * scale)
    assert (b.n == 2 * a.n).all()
    assert (a.n_psu == b.n_psu).all()


@fast
@given(frame=samples())
def test_a_large_constant_changes_no_error_of_a_mean(frame):
    a, b = (
        mean(frame, "x", DESIGN, by="g", overall=True),
        mean(frame.assign(x=frame.x + 1e9), "x", DESIGN, by="g", overall=True),
    )
    rounding = 1e-6  # a double near 1e9 holds 1e-7 at best: of that size is what adding the constant itself lost
    np.testing.assert_allclose(a.se, b.se, rtol=1e-8, atol=rounding)


@fast
@given(frame=samples())
def test_a_large_constant_changes_no_error_where_the_sum_is_exact(frame):
    """With values that are whole numbers nothing is lost in adding, and 1e-8 relative must hold."""
    whole = frame.assign(x=np.round(frame.x * 1000))
    a, b = mean(whole, "x", DESIGN, overall=True), mean(whole.assign(x=whole.x + 1e9), "x", DESIGN, overall=True)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", RATIOS)
@fast
@given(frame=samples())
def test_a_domain_in_one_village_gives_no_error_and_says_why(name, frame):
    alone = frame.assign(g=np.where(frame.v == frame.v.iloc[0], "one", "rest"), y=frame.y.fillna(9000.0))
    e = ESTIMATORS[name](alone).where(g="one")
    assert np.isnan(e.se).all()
    assert all(r for r in e.reason)


@fast
@given(frame=samples())
def test_domains_add_up_to_the_total(frame):
    e = total(frame, "x", DESIGN, by="g", overall=True)
    parts = e[np.arange(len(e) - 1)]
    assert parts.estimate.sum() == pytest.approx(e.estimate[-1])
    assert parts.cov.sum() == pytest.approx(e.se[-1] ** 2, rel=1e-9, abs=1e-9)


@fast
@given(frame=samples())
def test_the_frame_is_never_changed(frame):
    before = frame.copy(deep=True)
    for f in ESTIMATORS.values():
        f(frame)
    pd.testing.assert_frame_equal(frame, before)
