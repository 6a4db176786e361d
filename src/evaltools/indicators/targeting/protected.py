"""Gates as they may be published: small counts of surveyed households withheld, rates and verdicts kept.

A rate of the city is an estimate about all its households, not a count of them; it stays. What goes are the numbers of
interviewed households behind it where they are small, and whatever would give them away: known and unknown answers,
findings and their complement, in counties and in the city together. A county with fewer interviewed households than the
limit keeps neither count nor rate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from evaltools.indicators.disclosure import MIN_CELL, Protected, protect
from evaltools.indicators.targeting.result import Gate, GateResult, Gates

_PARTS = ["counted", "clear", "unknown"]
_NAN = float("nan")


def protect_gates(gates: Gates, rules: Any) -> Gates:
    """The same gates without the counts that may not be published; `gates.to_frame()` of it shows None there."""
    min_cell = int(rules[MIN_CELL].value)
    city, counties = [], []
    for gate in Gate:
        of_city = [r for r in gates.results if r.gate is gate]
        of_counties = [r for r in gates.counties if r.gate is gate]
        found = _protect(of_city, of_counties, rules, min_cell)
        city += found[: len(of_city)]
        counties += found[len(of_city) :]
    order = {(r.area_code, r.gate): i for i, r in enumerate(gates.counties)}
    return replace(
        gates,
        results=tuple(city),
        variants=tuple(_protect([r], [], rules, min_cell)[0] for r in gates.variants),
        counties=tuple(sorted(counties, key=lambda r: order[r.area_code, r.gate])),
    )


def _protect(city: list[GateResult], counties: list[GateResult], rules: Any, min_cell: int) -> list[GateResult]:
    """The results of one gate, city first, after suppression over counties, city and answers together."""
    results = [*city, *counties]
    if not results or any(r.n is None for r in results):
        return results
    if results[0].gate is Gate.COMPOSITE:  # its counts are sums of two other gates' and would give those away
        return [_without_counts(r, min_cell) for r in results]
    frame = pd.DataFrame(
        {
            "area": ["" if r in city else r.area_code for r in results],
            "counted": [r.n_counted for r in results],
            "clear": [(r.n_known or 0) - (r.n_counted or 0) for r in results],
            "unknown": [r.unknown.households for r in results],
            "n": [r.n for r in results],
        }
    )
    adverse = [] if results[0].gate is Gate.APPROVAL else ["counted"]
    out = protect(frame, rules, counts=_PARTS, total="n", total_row={"area": ""}, sums_known=False, adverse=adverse)
    return [_apply(r, out, i, min_cell) for i, r in enumerate(results)]


def _apply(result: GateResult, out: Protected, i: int, min_cell: int) -> GateResult:
    """One result with its withheld counts as None."""
    hidden = out.withheld.iloc[i]
    if bool(hidden["n"]) or 0 < (result.n or 0) < min_cell:
        return _withheld(result, min_cell)
    unknown = result.unknown
    if bool(hidden["unknown"]) or any(0 < k < min_cell for k in unknown.reasons.values()):
        unknown = replace(unknown, reasons={})
    if bool(hidden["unknown"]):
        unknown = replace(unknown, households=None)
    return replace(
        result,
        unknown=unknown,
        n_known=None if bool(hidden["unknown"]) else result.n_known,
        n_counted=None if bool(hidden["counted"] or hidden["clear"]) else result.n_counted,
        source=replace(result.source, rows=result.n),
    )


def _without_counts(result: GateResult, min_cell: int) -> GateResult:
    """A composite: rate and verdict, no numbers of households behind its two rates."""
    if 0 < (result.n or 0) < min_cell:
        return _withheld(result, min_cell)
    return replace(result, n_known=None, n_counted=None, unknown=replace(result.unknown, households=None, reasons={}))


def _withheld(result: GateResult, min_cell: int) -> GateResult:
    """An area too small to publish: nothing but its state and the reason."""
    return replace(
        result, rate=_NAN, se=_NAN, low=_NAN, high=_NAN, n=None, n_known=None, n_counted=None, n_persons=None,
        n_effective=_NAN, deff=_NAN, households_needed=None,
        unknown=replace(result.unknown, households=None, share=_NAN, rate_low=_NAN, rate_high=_NAN, reasons={}),
        source=replace(result.source, rows=None),
        reason_zh=f"样本户少于{min_cell}户，不予公布", reason_en=f"fewer than {min_cell} households surveyed: withheld",
    )  # fmt: skip
