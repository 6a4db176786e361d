"""Point values equal R's laeken to 1e-9; standard errors agree with its bootstrap within Monte Carlo error."""

from __future__ import annotations

import numpy as np
import pytest
from golden import Golden, data

from evaltools.estimation import (
    RelativeLine,
    Replicates,
    SurveyDesign,
    arpr,
    fgt,
    gini,
    poverty_gap_at_median,
    qsr,
    quantile,
)

R = Golden("laeken.csv")
DESIGN = SurveyDesign(weight="rb050", stratum="db040", psu="db030")
PERCENT = {"arpr": (arpr, 100), "rmpg": (poverty_gap_at_median, 100), "qsr": (qsr, 1), "gini": (gini, 100)}


@pytest.fixture(scope="module")
def eusilc():
    return data("eusilc")


@pytest.mark.parametrize("name", PERCENT)
def test_values_for_the_country_and_its_regions(eusilc, name):
    f, factor = PERCENT[name]
    e = f(eusilc, "eqIncome", DESIGN, by="db040", overall=True)
    for one in e:
        key = "value" if one.domain["db040"] == "all" else one.domain["db040"]
        assert one.estimate * factor == pytest.approx(R(name, key), rel=1e-9)


@pytest.mark.parametrize("name", ["arpr", "qsr", "gini"])
def test_errors_agree_with_the_bootstrap(eusilc, name):
    """400 replicates: a variance has a relative Monte Carlo error of sqrt(2 / 400) = 7 %, taken three times."""
    f, factor = PERCENT[name]
    e = f(eusilc, "eqIncome", DESIGN)[0]
    assert (e.se * factor) ** 2 == pytest.approx(R(name, "bootstrap_var"), rel=3 * np.sqrt(2 / 400))


def test_the_median_gap_is_near_the_bootstrap_linearized_and_within_monte_carlo_error_replicated(eusilc):
    """Linearization sees the slope of F at the median of the poor, which is lumpy here: its se is 9 % below."""
    variance = R("rmpg", "bootstrap_var")
    e = poverty_gap_at_median(eusilc, "eqIncome", DESIGN)[0]
    assert (e.se * 100) ** 2 == pytest.approx(variance, rel=0.2)
    made = SurveyDesign(weight="rb050", stratum="db040", psu="db030", replicates=Replicates.bootstrap(200, seed=3))
    b = poverty_gap_at_median(eusilc, "eqIncome", made)[0]
    assert (b.se * 100) ** 2 == pytest.approx(variance, rel=3 * np.sqrt(3 / 200 + 3 / 1500))  # kurtosis 4


@pytest.mark.parametrize("share", [0.4, 0.5, 0.7])
def test_other_lines(eusilc, share):
    assert arpr(eusilc, "eqIncome", DESIGN, share=share)[0].estimate * 100 == pytest.approx(
        R("arpr", f"p{share}"), rel=1e-9
    )


def test_the_line_is_sixty_percent_of_the_median(eusilc):
    line = 0.6 * quantile(eusilc, "eqIncome", DESIGN, 0.5, rule="school")[0].estimate
    assert line == pytest.approx(R("arpt", "value"), rel=1e-9)
    fixed = fgt(eusilc, "eqIncome", line, DESIGN, alpha=0)[0]
    estimated = fgt(eusilc, "eqIncome", RelativeLine(0.6), DESIGN, alpha=0)[0]
    assert fixed.estimate == pytest.approx(estimated.estimate, rel=1e-12)
    assert fixed.se != pytest.approx(estimated.se, rel=1e-3)  # the line has an error of its own


def test_a_weighted_quantile(eusilc):
    assert quantile(eusilc, "eqIncome", DESIGN, 0.2)[0].estimate == pytest.approx(R("quantile", "q0.2"), rel=1e-9)
