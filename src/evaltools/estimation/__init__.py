"""Survey estimation for poverty and targeting: design-based estimates with honest errors, and verdicts on limits.

Nothing here knows a policy: limits come in as rules with `.value`, `.comparison` and `.is_defined`.
"""

from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.drawing import Draw, draw, equal_interval, systematic
from evaltools.estimation.field_lists import draw_files, plan_files
from evaltools.estimation.inequality import gini, lorenz, qsr
from evaltools.estimation.judge import Combination, Verdict, combine, judge
from evaltools.estimation.limits import (
    effective_households,
    effective_n,
    half_width,
    judge_limits,
    judge_rate,
    rate_bounds,
    rate_limits,
    verdict_states,
)
from evaltools.estimation.linear import mean, proportion, ratio, total
from evaltools.estimation.multidimensional import alkire_foster, decompose, decompose_m0
from evaltools.estimation.planning import Objective, PlanOptions, SamplePlan, plan
from evaltools.estimation.poverty import RelativeLine, arpr, fgt, poverty_gap_at_median
from evaltools.estimation.quantiles import quantile
from evaltools.estimation.replicates import Replicates
from evaltools.estimation.results import Difference, Estimate, Estimates, covariance, difference
from evaltools.estimation.samples import Item, Sample
from evaltools.estimation.sizes import power_to_decide, size_for_precision, size_for_verdict
from evaltools.estimation.targeting import (
    agreement,
    cgh_ratio,
    coverage,
    exclusion_error,
    inclusion_error,
    targeting_differential,
)
from evaltools.estimation.weights import Weights

__all__ = [
    "Combination", "Difference", "Draw", "Estimate", "Estimates", "Item", "Objective", "PlanOptions", "RelativeLine",
    "Replicates", "Sample", "SamplePlan", "SurveyDesign", "Verdict", "Weights", "agreement", "alkire_foster", "arpr",
    "cgh_ratio", "combine", "covariance", "coverage", "decompose", "decompose_m0", "difference", "draw", "draw_files",
    "effective_households", "effective_n", "equal_interval", "exclusion_error", "fgt", "gini", "half_width",
    "inclusion_error", "judge", "judge_limits", "judge_rate", "lorenz", "mean", "plan", "plan_files",
    "poverty_gap_at_median", "power_to_decide", "proportion", "qsr", "quantile", "rate_bounds", "rate_limits", "ratio",
    "size_for_precision", "size_for_verdict", "systematic", "targeting_differential", "total", "verdict_states",
]  # fmt: skip
