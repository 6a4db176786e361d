"""Survey estimation for poverty and targeting: design-based estimates with honest errors, and verdicts on limits.

Nothing here knows a policy: limits come in as rules with `.value`, `.comparison` and `.is_defined`.
"""

from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.inequality import gini, lorenz, qsr
from evaltools.estimation.judge import (
    Combination,
    Verdict,
    combine,
    effective_households,
    effective_n,
    judge,
    judge_limits,
    judge_rate,
    rate_limits,
)
from evaltools.estimation.linear import mean, proportion, ratio, total
from evaltools.estimation.multidimensional import alkire_foster, decompose
from evaltools.estimation.poverty import RelativeLine, arpr, fgt, poverty_gap_at_median
from evaltools.estimation.quantiles import quantile
from evaltools.estimation.replicates import Replicates
from evaltools.estimation.results import Difference, Estimate, Estimates, covariance, difference
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
    "Combination", "Difference", "Estimate", "Estimates", "RelativeLine", "Replicates", "SurveyDesign", "Verdict",
    "Weights", "agreement", "alkire_foster", "arpr", "cgh_ratio", "combine", "covariance", "coverage", "decompose",
    "difference", "effective_households", "effective_n", "exclusion_error", "fgt", "gini", "inclusion_error", "judge",
    "judge_limits", "judge_rate", "lorenz", "mean", "poverty_gap_at_median", "proportion", "qsr", "quantile",
    "rate_limits", "ratio", "targeting_differential", "total",
]  # fmt: skip
