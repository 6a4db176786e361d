"""Weights step by step: base, non-response, calibration, trimming; every step leaves an audit row.

Each method returns a new `Weights`; the frame that came in is never changed, new weight columns are added to copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation import calibration
from evaltools.estimation.calibration import Calibration, Totals
from evaltools.estimation.cells import check_weights, missing_columns, numeric
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.expr import Array
from evaltools.estimation.units import factorize, pair, rows_text


@dataclass(frozen=True)
class Weights:
    """A survey with weights under way. `data` holds all weight columns, `design` names the last one.

    audit: one row per step with sum, minimum, maximum, Kish's design effect and what was done
    """

    data: pd.DataFrame
    design: SurveyDesign
    audit: pd.DataFrame

    @classmethod
    def start(cls, data: pd.DataFrame, design: SurveyDesign) -> Weights:
        """Begin with a weight column that is already there."""
        if design.weight is None:
            raise EstimationError("the design names no weight", todo="use Weights.base() to make base weights")
        first = cls(data.copy(deep=False), design, pd.DataFrame())
        return first._with(first.values, design.weight, "given", "")

    @classmethod
    def base(cls, data: pd.DataFrame, design: SurveyDesign, *, fractions: Names, column: str = "w_base") -> Weights:
        """Base weights: one over the product of the sampling fractions (or inclusion probabilities) of each stage."""
        product = np.ones(len(data))
        for name in names(fractions):
            value = numeric(data, name)
            wrong = ~((value > 0) & (value <= 1))
            if wrong.any():
                raise EstimationError(
                    f"{name!r} is no probability in {int(wrong.sum())} rows", where=rows_text(data.index[wrong]),
                    expected="values above 0 and up to 1",
                )  # fmt: skip
            product = product * value
        first = cls(data.copy(deep=False), replace(design, weight=column), pd.DataFrame())
        return first._with(1 / product, column, "base", f"1 / ({' x '.join(names(fractions))})")

    @property
    def values(self) -> Array:
        """(n,) the present weights."""
        assert self.design.weight is not None
        return numeric(self.data, self.design.weight)

    def nonresponse(self, responded: str, classes: Names = None, *, column: str = "w_nonresponse") -> Weights:
        """Weighting-class adjustment: in each class, respondents carry the weight of all; others get 0 and stay in
        the frame, so that their PSUs still count as sampled."""
        missing_columns(self.data.columns, (responded, *names(classes)))
        answered = numeric(self.data, responded)
        wrong = ~np.isin(answered, (0.0, 1.0))
        if wrong.any():
            raise EstimationError(
                f"{responded!r} says neither yes nor no in {int(wrong.sum())} rows", where=rows_text(self.data.index[wrong]),
                expected="0/1 or true/false in every row",
            )  # fmt: skip
        w, code = self.values, np.zeros(len(self.data), np.int64)
        for name in names(classes):
            code, _ = pair(code, factorize(self.data[name], "class")[0])
        have, want = np.bincount(code, w * answered), np.bincount(code, w)
        empty = (have == 0) & (want > 0)
        if empty.any():
            rows = self.data.index[empty[code]]
            raise EstimationError(
                f"{int(empty.sum())} classes have no respondent", where=rows_text(rows),
                expected="a respondent in every class", todo="join the class with a neighbouring one",
            )  # fmt: skip
        factor = np.divide(want, have, out=np.ones_like(want), where=have > 0)
        said = f"{len(want)} classes, factors {factor.min():.3f} to {factor.max():.3f}"
        return self._with(w * answered * factor[code], column, "non-response", said)

    def calibrate(self, totals: Totals, *, method: str = "linear", bounds: tuple[float, float] | None = None,
                  column: str = "w_calibrated") -> Weights:  # fmt: skip
        """Calibrate to known totals (see `calibration.margins` for how they are written).

        method: "linear" (regression estimator), "raking" (positive weights), "logit" (factors within `bounds`)
        """
        if self.design.calibration is not None:
            raise EstimationError("these weights are calibrated already", todo="give all totals in one calibration")
        assert self.design.weight is not None
        controls, target = calibration.margins(totals)
        before = self.values
        missing_columns(self.data.columns, [c for m in controls for c in m.columns])
        x = np.column_stack([calibration.control_columns(self.data, m, before > 0) for m in controls])
        after = calibration.solve(x, before, target, method, bounds)
        negative = after < 0
        if negative.any():
            raise EstimationError(
                f"linear calibration yields {int(negative.sum())} negative weights",
                where=rows_text(self.data.index[negative]), expected="weights of 0 or more",
                todo="use method='logit' with bounds=(0.3, 3), or method='raking'; both keep weights positive",
            )  # fmt: skip
        was = before > 0
        ratio = after[was] / before[was]
        done = self._with(after, column, f"calibration ({method})",
                          f"{len(target)} totals, factors {ratio.min():.3f} to {ratio.max():.3f}")  # fmt: skip
        return replace(done, design=replace(done.design, calibration=Calibration(controls, self.design.weight)))

    def post_stratify(self, totals: Totals, *, column: str = "w_poststratified") -> Weights:
        """Scale weights in groups to known counts; one margin, crossed or not."""
        if len(totals) != 1:
            raise EstimationError(f"{len(totals)} margins", expected="one margin", todo="use rake() for several")
        return self.calibrate(totals, method="linear", column=column)

    def rake(self, totals: Totals, *, column: str = "w_raked") -> Weights:
        """Meet several margins at once: the limit of iterative proportional fitting."""
        return self.calibrate(totals, method="raking", column=column)

    def trim(self, *, lower: float = 0.0, upper: float = np.inf, strict: bool = False,
             column: str = "w_trimmed") -> Weights:  # fmt: skip
        """Cut weights to [lower, upper] and share what was cut among the others; strict repeats until none is outside.

        As R's trimWeights. Calibrated weights no longer meet their totals afterwards; the audit row says so.
        """
        if not 0 <= lower < upper:
            raise EstimationError(f"lower={lower}, upper={upper}", expected="0 <= lower < upper")
        w, cut = self.values, 0
        for _ in range(1000 if strict else 1):
            outside = (w > 0) & ((w < lower) | (w > upper))
            if not outside.any():
                break
            new = np.where(w > 0, np.clip(w, lower, upper), 0.0)
            inside = (w > 0) & ~outside
            if not inside.any():
                raise EstimationError("no weight lies within the limits", todo="widen lower and upper")
            new[inside] += (w - new).sum() / inside.sum()
            w, cut = new, cut + int(outside.sum())
        said = f"{cut} weights cut to [{lower:g}, {upper:g}]"
        said += "; totals of the calibration are no longer met exactly" if self.design.calibration and cut else ""
        return self._with(w, column, "trimming", said)

    def _with(self, weight: Array, column: str, step: str, said: str) -> Weights:
        check_weights(weight, self.data.index, column)
        if column in self.data and step != "given":
            raise EstimationError(f"there is a column {column!r} already", todo="give another name with column=")
        used = weight[weight > 0]
        row = {
            "step": step, "column": column, "rows": len(used), "sum": weight.sum(), "min": used.min(),
            "max": used.max(), "design_effect": len(used) * (used**2).sum() / used.sum() ** 2, "note": said,
        }  # fmt: skip
        audit = pd.concat([self.audit, pd.DataFrame([row])], ignore_index=True)
        return Weights(self.data.assign(**{column: weight}), replace(self.design, weight=column), audit)

    def totals(self, columns: Sequence[str]) -> pd.DataFrame:
        """Weighted totals of groups before the first step and now: what a reader checks first."""
        missing_columns(self.data.columns, columns)
        first = numeric(self.data, str(self.audit["column"].iloc[0]))
        frame = self.data[list(columns)].assign(before=first, after=self.values)
        return frame.groupby(list(columns), dropna=False, observed=True)[["before", "after"]].sum().reset_index()
