"""The household exit standard of 粤发〔2016〕13号 art. 3, on arrays. Registry and survey go through the same function.

With labour capacity: income at or above the line. Fully or partly without it and eligible: enrolled in 低保 or 特困,
and the income line does not apply. The guarantees apply to both. A household that is neither has to be read in:

- partly without labour capacity, not eligible: the exception (the safety net) does not reach it and some labour
  capacity is left, so the income sentence is the one that fits: the income line applies;
- wholly without, not eligible: neither sentence speaks of it. At or above the line it passes every reading; below it,
  the clause is silent and the household is `rule_undefined`, not failed by a rule that does not name it;
- recorded as not eligible and yet enrolled: the two records contradict each other, eligibility is unknown.

docs/gates.md gives the reasons at length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.exits.result import COMPONENTS
from evaltools.indicators.kleene import NO, UNKNOWN, YES, Limit, Truth, every, negate, some, truth
from evaltools.terms import ExitRoute, LabourCapacity, VerdictState

BASES: tuple[str, ...] = (
    "labour", "safety_net_eligible", "partial_not_eligible", "none_not_eligible",
    "labour_unknown", "eligibility_unknown", "eligibility_contradictory", "no_row",
)  # fmt: skip
"""Why a household is on its route; the order is the code."""

LABOUR, ELIGIBLE, PARTIAL_OUT, NONE_OUT, NO_LABOUR_RECORD, NO_ELIGIBILITY, CONTRADICTION, NO_ROW = range(len(BASES))

ROUTES: tuple[ExitRoute, ...] = (ExitRoute.INCOME, ExitRoute.SAFETY_NET, ExitRoute.UNKNOWN)

STATES: tuple[VerdictState, ...] = (
    VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING,
    VerdictState.NOT_APPLICABLE, VerdictState.RULE_UNDEFINED,
)  # fmt: skip
"""The states a component or verdict may have; the order is the code."""

STATE_TYPE = pd.CategoricalDtype([s.value for s in STATES])
BASIS_TYPE = pd.CategoricalDtype(list(BASES))
ROUTE_TYPE = pd.CategoricalDtype([r.value for r in ROUTES])

MET, NOT_MET, MISSING, NOT_APPLICABLE, UNDEFINED = range(len(STATES))


@dataclass(frozen=True)
class Facts:
    """What the standard looks at. All arrays have the same length n.

    income : (n,) yuan per person and year, NaN unknown, unrounded
    labour : (n,) int8, 2 full, 1 partial, 0 none, -1 unknown
    eligible, dibao, tekun : (n,) truth
    guarantees : component -> (n,) truth, in the order of COMPONENTS
    """

    income: NDArray[np.float64]
    labour: NDArray[np.int8]
    eligible: Truth
    dibao: Truth
    tekun: Truth
    guarantees: dict[str, Truth]

    @property
    def enrolled(self) -> Truth:
        """(n,) whether the household is in 低保 or 特困."""
        return some(self.dibao, self.tekun)


@dataclass(frozen=True)
class Standing:
    """How n households stand against the standard with one income line.

    basis : (n,) int8 index into BASES; route : (n,) int8 index into ROUTES
    income, safety_net, verdict : (n,) int8 index into STATES
    """

    basis: NDArray[np.int8]
    route: NDArray[np.int8]
    income: NDArray[np.int8]
    safety_net: NDArray[np.int8]
    verdict: NDArray[np.int8]


def facts_of(frame: pd.DataFrame, income: str) -> Facts:
    """The facts in a table with the canonical columns. `income` names its income column (yuan per person)."""
    labour = frame["labour_capacity"].astype("string")
    codes = np.full(len(frame), UNKNOWN, dtype=np.int8)
    for code, term in ((2, LabourCapacity.FULL), (1, LabourCapacity.PARTIAL), (0, LabourCapacity.NONE)):
        codes[(labour == term.value).fillna(False).to_numpy(dtype=bool)] = code
    return Facts(
        income=pd.to_numeric(frame[income]).to_numpy(dtype=float, na_value=np.nan),
        labour=codes,
        eligible=truth(frame["is_safety_net_eligible"]),
        dibao=truth(frame["is_dibao"]),
        tekun=truth(frame["is_tekun"]),
        guarantees={c: truth(frame[f"{c}_ok"]) for c in COMPONENTS},
    )


def basis_of(facts: Facts) -> NDArray[np.int8]:
    """(n,) index into BASES: which sentence of the clause the household falls under."""
    out = np.full(facts.labour.shape, NO_LABOUR_RECORD, dtype=np.int8)
    out[facts.labour == 2] = LABOUR
    without = (facts.labour == 0) | (facts.labour == 1)
    out[without & (facts.eligible == YES)] = ELIGIBLE
    out[without & (facts.eligible == UNKNOWN)] = NO_ELIGIBILITY
    out_of_policy = without & (facts.eligible == NO)
    contradiction = out_of_policy & (facts.enrolled == YES)
    out[out_of_policy & (facts.labour == 1)] = PARTIAL_OUT
    out[out_of_policy & (facts.labour == 0)] = NONE_OUT
    out[contradiction] = CONTRADICTION
    return out


def apply_standard(facts: Facts, line: Limit | None, required: tuple[str, ...] = COMPONENTS) -> Standing:
    """The verdict of each household with the income line `line` (yuan a person a year; None: none defined).

    required : the guarantees in force (drinking water became a requirement of households at the end of 2018)
    """
    basis = basis_of(facts)
    by_income = np.isin(basis, (LABOUR, PARTIAL_OUT))
    by_net = basis == ELIGIBLE
    outside = basis == NONE_OUT
    above = line.holds(facts.income) if line else np.full(basis.shape, UNKNOWN, dtype=np.int8)
    leg = np.full(basis.shape, UNKNOWN, dtype=np.int8)
    leg[by_income] = above[by_income]
    leg[by_net] = facts.enrolled[by_net]
    leg[outside & (above == YES)] = YES
    guarantees = [facts.guarantees[c] for c in required]
    truth_ = every(leg, *guarantees)
    silent = outside & (above == NO) if line is not None else by_income | outside
    verdict = state_of(truth_)
    verdict[silent & (every(np.full(basis.shape, YES, dtype=np.int8), *guarantees) == YES)] = UNDEFINED

    income = state_of(above)
    income[by_net] = NOT_APPLICABLE
    income[silent] = UNDEFINED
    net = state_of(facts.enrolled)
    net[by_income | outside] = NOT_APPLICABLE
    route = np.select([by_income, by_net], [0, 1], 2).astype(np.int8)
    return Standing(basis, route, income, net, verdict)


def state_of(values: Truth) -> NDArray[np.int8]:
    """(n,) index into STATES: yes met, no not met, unknown evidence missing."""
    return np.select([values == YES, values == NO], [MET, NOT_MET], MISSING).astype(np.int8)


def states(codes: NDArray[np.int8]) -> pd.Categorical:
    """Indices into STATES as a categorical of stored values."""
    return pd.Categorical.from_codes(codes, dtype=STATE_TYPE)


def fails(facts: Facts, required: tuple[str, ...]) -> Truth:
    """(n,) whether a required guarantee fails: the guarantee half of the omission variant."""
    return negate(every(np.full(facts.labour.shape, YES, dtype=np.int8), *(facts.guarantees[c] for c in required)))
