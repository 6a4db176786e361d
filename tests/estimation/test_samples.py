"""A sample from arrays gives what the estimators give of a frame, for several sets of domains at once."""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.errors import EstimationError
from evaltools.estimation import Item, Sample, SurveyDesign, judge, mean, proportion, quantile, ratio, total
from evaltools.estimation.limits import half_width, rate_bounds, verdict_states

DESIGN = SurveyDesign(weight="weight", stratum="stratum", psu="village")
FIELDS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "deff", "weighting", "cluster_size")


@pytest.fixture
def sample(survey):
    """Everything, counties, and strata within counties as sets; villages are the smallest domains, in their order."""
    survey["part"] = survey["county"] + survey["stratum"]
    small, villages = survey["village"].factorize()
    one = survey.drop_duplicates("village")
    sets = [np.zeros(len(villages), np.int64)]
    sets += [one[name].factorize(sort=True)[0].astype(np.int64) for name in ("county", "part")]
    return Sample.of(survey, DESIGN, small, sets)


def columns(survey):
    listed = survey["listed"].to_numpy(float)
    listed[::17] = np.nan
    return {"listed": listed, "income": survey["income"].to_numpy(), "x": survey["x"].to_numpy()}


def same(found, wanted):
    for field in FIELDS:
        assert getattr(found, field) == pytest.approx(getattr(wanted, field), rel=1e-12, nan_ok=True), field
    assert found.reason == wanted.reason


@pytest.mark.parametrize("size", [None, "persons"])
def test_all_sets_at_once_are_as_one_by_one(survey, sample, size):
    values = columns(survey)
    items = [Item("rate", "listed"), Item("mean", "income"), Item("total", "income"), Item("ratio", "income", "x")]
    persons = None if size is None else (size, survey[size].to_numpy(float))
    found, frame, design = sample.estimate(items, values, persons), survey.assign(**values), DESIGN.with_size(size)
    assert len(found) == sample.starts[-1] * len(items)
    for number, by in enumerate((None, "county", "part")):
        domains = slice(sample.starts[number] * len(items), sample.starts[number + 1] * len(items))
        of_set = [found[domains][np.arange(k, domains.stop - domains.start, len(items))] for k in range(len(items))]
        same(of_set[0], proportion(frame, "listed", design, by))
        same(of_set[1], mean(frame, "income", design, by))
        same(of_set[2], total(frame, "income", design, by))
        same(of_set[3], ratio(frame, "income", "x", design, by))


def test_medians_of_all_sets_are_as_one_by_one(survey, sample):
    found = sample.medians("income", survey["income"].to_numpy())
    for one, by in zip(found, (None, "county", "part"), strict=True):
        wanted = quantile(survey, "income", DESIGN, 0.5, by)
        assert one.estimate == pytest.approx(wanted.estimate)
        assert one.se == pytest.approx(wanted.se, nan_ok=True)


def test_what_a_frame_would_be_refused_for_is_refused(survey, sample):
    endless = survey["income"].to_numpy().copy()
    endless[5] = np.inf
    with pytest.raises(EstimationError, match="'income' holds infinite values"):
        sample.estimate([Item("mean", "income")], {"income": endless})
    with pytest.raises(EstimationError, match="weight persons is missing in 9 rows"):
        sample.estimate([Item("mean", "x")], columns(survey), ("persons", survey["income"].to_numpy()))
    with pytest.raises(EstimationError, match="kind='middle' is unknown"):
        sample.estimate([Item("middle", "x")], columns(survey))
    with pytest.raises(EstimationError, match="no size"):
        Sample.of(survey, DESIGN.with_size("persons"), np.zeros(len(survey), np.int64), [np.zeros(1, np.int64)])
    with pytest.raises(EstimationError, match="stratum column 'stratum' is missing in 1 rows"):
        Sample.of(survey.assign(stratum=survey["stratum"].mask(survey.index == 3)), DESIGN, np.zeros(len(survey), np.int64),
                  [np.zeros(1, np.int64)])  # fmt: skip


class Rule:
    value, comparison, is_defined = 0.3, "<=", True


def test_bounds_and_states_of_many_are_those_of_one_at_a_time(survey, sample):
    e = sample.estimate([Item("rate", "listed")], columns(survey))
    counts = (e.estimate, e.se, e.n, e.df, e.weighting, e.cluster_size)
    low, high, n_effective = rate_bounds(*counts, rho=0.1)
    for i, state in enumerate(verdict_states(low, high, 0.3, "<=")):
        one = judge(e[i], Rule, rho=0.1)
        assert (one.low, one.high, one.n_effective) == pytest.approx((low[i], high[i], n_effective[i]), rel=1e-12)
        assert one.state is state


def test_a_quantity_without_a_standard_error_decides_nothing(survey, sample):
    e = sample.estimate([Item("mean", "income")], columns(survey))
    half = half_width(np.where(np.arange(len(e)) == 0, 0.0, e.se), e.df)
    assert np.isnan(half[0])
    states = verdict_states(e.estimate - half, e.estimate + half, 1.0, ">=")
    for i in range(1, len(e)):
        rule = type("Least", (Rule,), {"value": 1.0, "comparison": ">="})
        assert judge(e[i], rule, rho=0.1).state is states[i]
    assert states[0].value == "undecided"
