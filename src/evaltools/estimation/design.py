"""The design of a survey as a record of column names, and the rules for what it may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from evaltools.errors import EstimationError

if TYPE_CHECKING:
    from evaltools.estimation.calibration import Calibration
    from evaltools.estimation.replicates import Replicates

Singleton = Literal["error", "certainty", "adjust", "average", "collapse"]
SINGLETON: tuple[Singleton, ...] = ("error", "certainty", "adjust", "average", "collapse")
Names = str | Sequence[str] | None


def names(value: Names) -> tuple[str, ...]:
    """None, one name or several, as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True)
class SurveyDesign:
    """Which columns say how the rows were drawn.

    weight     : expansion weight of the row (household); None gives every row the weight 1
    stratum    : stratum of the first stage, or one column per stage
    psu        : primary sampling unit (village), or one column per stage from the first to the last;
                 None means that rows were drawn directly
    fpc        : number of units in the population per stratum, one column per stage (counts, not fractions); stages
                 without one are taken as drawn from an infinite population
    size       : persons that a row stands for; the analysis weight is weight x size, while n counts rows
    nest       : PSU codes are only unique within their stratum
    singleton  : what to do with a stratum of one sampled PSU whose variance cannot be estimated: "error";
                 "certainty" (contributes none); "adjust" (deviation from the overall mean); "average" (the mean
                 variance of the other strata); "collapse" (join the neighbouring stratum in sorted order). As R's
                 survey.lonely.psu; "collapse" after Wolter (2007), Introduction to Variance Estimation, section 2.5.
    replicates : replicate weights instead of strata and PSUs, see `replicates.Replicates`
    calibration: set by `calibration.calibrate` and its relatives, so that variances follow from residuals
    """

    weight: str | None = None
    stratum: Names = None
    psu: Names = None
    fpc: Names = None
    size: str | None = None
    nest: bool = False
    singleton: Singleton = "error"
    replicates: Replicates | None = None
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.singleton not in SINGLETON:
            raise EstimationError(
                f"singleton={self.singleton!r} is no rule for strata of one PSU",
                expected=f"one of {', '.join(SINGLETON)}",
            )
        if self.replicates is not None and (
            self.calibration is not None or self.singleton != "error" or (self.fpc and self.replicates.columns)
        ):
            raise EstimationError(
                "replicate weights together with calibration, singleton, or (where they are given) fpc",
                todo="replicate weights already carry the design: drop the others",
            )
        if len(self.strata) > max(1, len(self.psus)):
            raise EstimationError(
                f"{len(self.strata)} stratum columns for {len(self.psus)} stages", expected="at most one per stage"
            )
        if len(self.fpcs) > max(1, len(self.psus)):
            raise EstimationError(
                f"{len(self.fpcs)} fpc columns for {len(self.psus)} stages", expected="at most one per stage"
            )

    @property
    def strata(self) -> tuple[str, ...]:
        return names(self.stratum)

    @property
    def psus(self) -> tuple[str, ...]:
        return names(self.psu)

    @property
    def fpcs(self) -> tuple[str, ...]:
        return names(self.fpc)

    @property
    def stages(self) -> int:
        """Stages that matter for the variance: without fpc, those after the first do not (sampling fraction 0)."""
        return max(1, len(self.psus)) if self.fpcs else 1

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that identify strata and units of the stages that matter."""
        return tuple(dict.fromkeys((*self.strata[: self.stages], *self.psus[: self.stages], *self.fpcs)))

    @property
    def weight_columns(self) -> tuple[str, ...]:
        """Columns whose product is the analysis weight."""
        return tuple(c for c in (self.weight, self.size) if c is not None)

    def with_size(self, size: str | None) -> SurveyDesign:
        """The same design with rows standing for `size` persons (None: for themselves)."""
        return replace(self, size=size)
