"""Rules for strata of one sampled unit, whose variance cannot be estimated: see `SurveyDesign.singleton`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import EstimationError
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import Array

Codes = NDArray[Any]  # integers
CERTAIN = 1e-7  # R's survey takes 1 - f below this as a census of the stratum


def apply(
    keys: pd.DataFrame, design: SurveyDesign, s: int, lonely: NDArray[np.bool_], scale: Array, parent: Codes,
    stratum: Codes, notes: list[str],
) -> tuple[Array, NDArray[np.bool_]]:  # fmt: skip
    """The (H,) scales of a stage's strata under the rule, and whether deviations are from the stratum's mean.

    lonely: (H,) strata of one unit; parent: (H,) unit of the stage before; stratum: (n,) of each row
    """
    centred = np.ones(len(scale), bool)
    if not lonely.any():
        return scale, centred
    rule = design.singleton
    named = _names(keys, design, s, stratum, lonely)
    if rule in ("error", "collapse"):
        offers = "'adjust', 'average' or 'certainty'"
        offers = offers if rule == "collapse" or s else f"'collapse', {offers}"
        raise EstimationError(
            f"{int(lonely.sum())} strata have one sampled unit at stage {s + 1}: their variance cannot be estimated"
            + (" ('collapse' has no other stratum to join them with)" if rule == "collapse" else ""),
            where=named, expected="two sampled units in every stratum",
            todo=f"merge the stratum with a neighbour in the design, or pass singleton={offers} to SurveyDesign, and "
            "say so in the report",
        )  # fmt: skip
    notes.append(f"singleton='{rule}' at stage {s + 1}: {named}")
    if rule == "adjust":
        centred[lonely] = False
    elif rule == "certainty":
        scale = np.where(lonely, 0.0, scale)
    else:
        scale = np.where(lonely, 0.0, scale * _average_factor(parent, lonely)[parent])
    return scale, centred


def collapse(keys: pd.DataFrame, design: SurveyDesign, stratum: Codes, sampled: Array, population: Array,
             notes: list[str]) -> Codes:  # fmt: skip
    """(H,) groups that join each first-stage stratum of one unit with the next in sorted order (the last with the one
    before). A stratum taken whole has no sampling error and is left alone."""
    open_strata = np.flatnonzero(1.0 - sampled / population >= CERTAIN)
    group, size, groups = np.arange(len(sampled)) + len(sampled), 0, 0
    for h in open_strata:
        group[h], size = groups, size + sampled[h]
        if size > 1:
            groups, size = groups + 1, 0
    if size and groups:
        group[group == groups] = groups - 1
    lonely = np.zeros(len(sampled), bool)
    lonely[open_strata] = sampled[open_strata] == 1
    if lonely.any():
        notes.append(f"singleton='collapse': joined with a neighbour: {_names(keys, design, 0, stratum, lonely)}")
    return np.unique(group, return_inverse=True)[1]


def _average_factor(parent: Codes, lonely: NDArray[np.bool_]) -> Array:
    """Strata over strata with a variance, per parent; where a parent has none, those of the whole stage."""
    strata = np.bincount(parent).astype(np.float64)
    good = np.bincount(parent, weights=~lonely)
    if not (good > 0).all():
        if not (~lonely).any():
            raise EstimationError("singleton='average' with no stratum of two units to take the average from")
        return np.full(len(strata), len(lonely) / (~lonely).sum())
    return strata / good


def _names(keys: pd.DataFrame, design: SurveyDesign, s: int, stratum: Codes, chosen: NDArray[np.bool_]) -> str:
    columns = [*design.strata[: s + 1], *design.psus[:s]]
    rows = np.flatnonzero(chosen[stratum])
    if not columns:
        return "the whole sample is one unit"
    shown = keys.iloc[rows][columns].drop_duplicates()
    text = [", ".join(f"{c}={v!r}" for c, v in r.items()) for r in shown.head(10).to_dict("records")]
    return "; ".join(text) + (f"; and {len(shown) - 10} more" if len(shown) > 10 else "")
