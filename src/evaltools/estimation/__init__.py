"""Survey estimation for poverty and targeting: design-based estimates with honest errors, and verdicts on limits.

Nothing here knows a policy: limits come in as rules with `.value`, `.comparison` and `.is_defined`.
"""

from evaltools.estimation.design import SurveyDesign
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
from evaltools.estimation.results import Difference, Estimate, Estimates, covariance, difference

__all__ = [
    "Combination", "Difference", "Estimate", "Estimates", "SurveyDesign", "Verdict", "combine", "covariance",
    "difference", "effective_households", "effective_n", "judge", "judge_limits", "judge_rate", "mean", "proportion",
    "rate_limits", "ratio", "total",
]  # fmt: skip
