"""The border of the report: results about households become counts that may be published, and only these go on.

Each function takes a result of `evaltools.indicators`, counts it and lets `protect` withhold small cells together with
what would give them away. No row of a household or of a person leaves this module.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators import Gates, protect_gates
from evaltools.indicators.account import INFLOWS, OUTFLOWS
from evaltools.indicators.bunching import DensityJump, density_jump
from evaltools.indicators.disclosure import MIN_CELL, protect
from evaltools.indicators.exits.result import COMPONENTS, ExitVerdicts, StockFlow
from evaltools.report.model import AccountTables, ExitTables
from evaltools.terms import ExitRoute, RegistryStatus, VerdictState

BAND = "method.just_passed_band"
"""Rule (our own) that says how wide "just above the line" is, as a fraction of the line."""
NEAR = (0.80, 1.20)
"""The neighbourhood of the line that is shown enlarged."""
ALL_GROUPS = ""
"""Group of the row that holds the sample's sums."""
CITY = ""
"""County code of the row that holds the city's sums."""
STATES = [
    s.value
    for s in (VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING, VerdictState.RULE_UNDEFINED)
]
GUARANTEE_STATES = [*STATES, VerdictState.NOT_APPLICABLE.value]
FLOWS_IN, FLOWS_OUT = (*INFLOWS, "joined"), (*OUTFLOWS, "left")


def publish_exits(exits: ExitVerdicts, rules: Any) -> ExitTables:
    """The household exit verdicts as `ExitTables`. `rules` holds the smallest count that may be published."""
    frame = exits.frame
    frame = frame.assign(county_code=frame["county_code"].astype("string").fillna("?"))
    exited = frame[frame["registry_status"] == RegistryStatus.EXITED.value]
    counties = _verdicts(exited, rules)
    income = exited[exited["route"] == ExitRoute.INCOME.value]["income_per_capita_yuan"]
    values = pd.to_numeric(income).to_numpy(dtype=float, na_value=np.nan)
    values = values[~np.isnan(values)]
    band = float(rules[BAND].value)
    bins = _bins(values, exits.line_actual, band, rules)
    return ExitTables(
        year=exits.year,
        line_actual=exits.line_actual,
        line_planned=exits.line_planned,
        band=band,
        status=_status(frame, rules),
        counties=counties,
        guarantees=_guarantees(exited, rules),
        routes=_routes(exited, rules),
        income=bins,
        around=_around(bins, exits.line_actual),
        jump=_jump(frame, exits.line_actual, rules),
    )


def _jump(frame: pd.DataFrame, line: float | None, rules: Any) -> DensityJump | None:
    """The density of incomes at the line, over all registered households held to it, exited or not: among the exited
    alone those below are missing by selection, which would look like a jump."""
    if line is None:
        return None
    incomes = pd.to_numeric(frame[frame["route"] == ExitRoute.INCOME.value]["income_per_capita_yuan"])
    one_sided = float(rules["method.confidence_one_sided"].value)
    return density_jump(incomes.to_numpy(dtype=float, na_value=np.nan), line, level=2 * one_sided - 1)


def _verdicts(exited: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Counts by county and for the city (code ""): verdicts by both lines, households that depend on the line."""
    flags: dict[str, Any] = {
        "households": np.ones(len(exited)),
        "persons": exited["persons"].astype("Float64").fillna(0),
    }
    for state in STATES:
        flags[f"households_{state}"] = exited["verdict"] == state
        flags[f"households_{state}_planned"] = exited["verdict_planned"] == state
    flags["sensitive"] = exited["is_line_sensitive"].astype(bool)
    flags["not_sensitive"] = ~flags["sensitive"]
    table = _with_city(pd.DataFrame(flags, index=exited.index).astype(float), exited["county_code"])
    out = table
    for names in (
        [f"households_{s}" for s in STATES],
        [f"households_{s}_planned" for s in STATES],
        ["sensitive", "not_sensitive"],
    ):
        part = protect(
            table[["county_code", "households", "persons", *names]],
            rules,
            counts=names,
            total="households",
            total_row={"county_code": CITY},
            companions={"households": ["persons"]},
            name="exit verdicts",
        )
        out = _merged(out, part.frame, ["households", "persons", *names])
    return out


def _status(frame: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Registered households and persons: poor, exited, and all."""
    persons = frame["persons"].astype("Float64").fillna(0).astype(float)
    table = pd.DataFrame({"households": np.ones(len(frame)), "persons": persons}, index=frame.index)
    sums = table.groupby(frame["registry_status"].astype(str)).sum()
    sums = sums.reindex([RegistryStatus.POOR.value, RegistryStatus.EXITED.value], fill_value=0.0)
    sums.loc["all"] = sums.sum()
    sums = sums.rename_axis("registry_status").reset_index()
    # The exited row is printed by county too, so only poor and all may be withheld for each other.
    shown = protect(
        sums.iloc[:2],
        rules,
        counts=["households"],
        sums_known=False,
        companions={"households": ["persons"]},
        name="registered households",
    ).frame
    table = pd.concat([shown, sums.iloc[[2]]], ignore_index=True).astype({"households": "Int64", "persons": "Float64"})
    if shown["households"].isna().any():
        table[["households", "persons"]] = table[["households", "persons"]].mask(table["registry_status"] == "all")
    return table


def _guarantees(exited: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Each guarantee by county and for the city, its states summing to the exited households."""
    parts = []
    for component in COMPONENTS:
        flags = pd.DataFrame({s: exited[component] == s for s in GUARANTEE_STATES}, index=exited.index)
        table = _with_city(flags.assign(households=1).astype(float), exited["county_code"]).assign(component=component)
        parts.append(
            protect(
                table,
                rules,
                counts=GUARANTEE_STATES,
                total="households",
                total_row={"county_code": CITY},
                name=component,
            ).frame
        )
    return pd.concat(parts, ignore_index=True)


def _routes(exited: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Exited households by route and verdict."""
    flags = pd.DataFrame({s: exited["verdict"] == s for s in STATES}, index=exited.index).assign(households=1)
    table = flags.astype(float).groupby(exited["route"].astype(str)).sum()
    table = table.reindex([r.value for r in ExitRoute], fill_value=0.0).rename_axis("route").reset_index()
    return protect(table, rules, counts=STATES, total="households", name="routes").frame


def _bins(values: np.ndarray, line: float | None, band: float, rules: Any) -> pd.DataFrame:
    """Histograms of incomes (n,): all, and around the line. The end bins of "all" hold what lies beyond them."""
    tables = []
    for part, edges in (("all", _wide_edges(values, line)), ("near", _near_edges(line, band))):
        inside = np.clip(values, edges[0], np.nextafter(edges[-1], -np.inf)) if part == "all" and len(edges) else values
        counts = np.histogram(inside, edges)[0] if len(edges) else np.zeros(0)
        table = pd.DataFrame({"part": part, "low": edges[:-1], "high": edges[1:], "households": counts.astype(float)})
        if len(table):
            tables.append(protect(table, rules, counts=["households"], sums_known=part == "all", name="incomes").frame)
    if not tables:
        return pd.DataFrame({"part": [], "low": [], "high": [], "households": pd.array([], dtype="Int64")})
    return pd.concat(tables, ignore_index=True)


def _wide_edges(values: np.ndarray, line: float | None) -> np.ndarray:
    """Edges at round sums from zero to about the 99th percentile; the fewer households, the wider the bins."""
    if values.size == 0:
        return np.zeros(0)
    top = max(float(np.quantile(values, 0.99)), 2.0 * (line or 0.0), 1.0)
    rough = top / np.clip(values.size / 25, 6, 30)
    power = 10.0 ** np.floor(np.log10(rough))
    width = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    return width * np.arange(int(np.ceil(top / width)) + 1)


def _near_edges(line: float | None, band: float) -> np.ndarray:
    """Edges at multiples of the line, one bin as wide as the band."""
    if line is None:
        return np.zeros(0)
    below, above = round((1 - NEAR[0]) / band), round((NEAR[1] - 1) / band)
    return line * (1 + band * np.arange(-below, above + 1))


def _around(bins: pd.DataFrame, line: float | None) -> pd.DataFrame:
    """The bins just below and just above the line: as published, never counted anew."""
    near = bins[bins["part"] == "near"].reset_index(drop=True)
    if line is None or near.empty:
        return pd.DataFrame({"side": [], "low": [], "high": [], "households": []})
    above = int(np.argmin(np.abs(near["low"].to_numpy(dtype=float) - line)))
    return near.iloc[[above - 1, above]][["low", "high", "households"]].assign(side=["below", "above"])


def publish_account(account: StockFlow, year: int, rules: Any) -> AccountTables:
    """The account of one year: the city's lines in households and persons, and the residual of each county."""
    if account.missing:
        return AccountTables(account.totals, account.frame, False, 0, 0, account.missing)
    now = account.frame[account.frame["year"] == year]
    totals = account.totals[account.totals["year"] == year].set_index("unit")
    min_cell = int(rules[MIN_CELL].value)
    hidden = _hidden_flows(totals.loc[["households"]], rules) if "households" in totals.index else set()
    shown = totals.copy()
    numbers = [c for c in shown.columns if c not in ("city_code", "year", "has_opening")]
    shown[numbers] = shown[numbers].astype("Int64")
    for flow in hidden:
        shown[flow] = pd.NA
    if "persons" in totals.index:
        for flow in _hidden_persons(totals.loc[["persons"]].iloc[0], hidden, min_cell):
            shown.loc["persons", flow] = pd.NA
    if hidden & {"opening", "closing"}:
        shown["expected"] = pd.NA  # expected and residual together would give the closing stock
    wide = now.pivot_table(index="county_code", columns="unit", values="residual", aggfunc="sum")
    wide = wide.reindex(columns=["households", "persons"]).astype("Float64")
    small = (wide["households"].abs() > 0) & (wide["households"].abs() < min_cell)
    has_gap = (wide.fillna(0) != 0).any(axis=1)
    counties = wide.mask(np.outer(small.fillna(False).to_numpy(dtype=bool), [True, True])).assign(is_open=has_gap)
    return AccountTables(
        totals=shown.reset_index(),
        counties=counties.reset_index(),
        has_opening=bool(len(now)) and bool(now["has_opening"].all()),
        rows=len(now),
        offending=int(has_gap.sum()),
    )


def _hidden_flows(row: pd.DataFrame, rules: Any) -> set[str]:
    """Names of the lines to withhold. The closing stock is printed elsewhere too: it is withheld only if small itself,
    never to cover a flow."""
    min_cell = int(rules[MIN_CELL].value)
    closing = float(row["closing"].iloc[0])
    out = ["closing"] if 0 < closing < min_cell else []
    found: set[str] = set()
    for names in (["opening", *INFLOWS], [*OUTFLOWS, *out]):
        table = row[names].astype(float).reset_index(drop=True)
        table["sum"] = table.sum(axis=1)
        part = protect(table, rules, counts=names, total="sum", name="account")
        found |= {n for n in names if bool(part.withheld[n].iloc[0])}
    return found


def _hidden_persons(row: pd.Series, hidden: set[str], min_cell: int) -> set[str]:
    """Lines of persons to withhold beside those of `hidden`: one to nine persons live in fewer than ten households,
    and a single withheld line would follow from the others, since the account closes to its printed residual."""
    lines = {k: float(row[k]) for k in ("opening", *FLOWS_IN, *FLOWS_OUT)}
    out = hidden | {k for k in (*FLOWS_IN, *FLOWS_OUT) if 0 < lines[k] < min_cell}
    inside = [lines.get(k, float(row["closing"])) for k in out]
    if out and (len(out) == 1 or sum(inside) < min_cell):
        free = {k: v for k, v in lines.items() if k not in out and k != "opening" and v > 0} or {"opening": 0.0}
        enough = {k: v for k, v in free.items() if v >= min_cell - sum(inside)} or free
        out.add(min(enough, key=lambda k: enough[k]))
    return out


def publish_gates(gates: Gates, rules: Any) -> Gates:
    """The gates without small counts, in their results and in the response of the field work."""
    return replace(protect_gates(gates, rules), response=publish_response(gates.response, rules))


def publish_response(response: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Households approached and responding by group, small ones withheld, and the sample's sums in a last row with the
    group "". That a few did not answer says nothing about any of them: where both numbers stay, so does the rate."""
    if response.empty:
        return response
    names = ["approached", "responded"]
    total = response[names].sum().to_frame().T.assign(group=ALL_GROUPS)
    table = pd.concat([response[["group", *names]], total], ignore_index=True)
    parts = [protect(table, rules, counts=[n], total_row={"group": ALL_GROUPS}, name=n).frame[n] for n in names]
    shown = table.assign(**dict(zip(names, parts, strict=True)))
    done, asked = (shown[n].astype("Float64") for n in reversed(names))
    return shown.assign(response_rate=(done / asked).where(asked > 0))


def _with_city(flags: pd.DataFrame, county: pd.Series) -> pd.DataFrame:
    """Sums by county, and the city's in a last row with the code ""."""
    table = flags.groupby(county.astype(str)).sum().sort_index()
    table.loc[CITY] = flags.sum()
    return table.rename_axis("county_code").reset_index()


def _merged(out: pd.DataFrame, part: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """`part`'s published columns in `out`; what one table withholds stays withheld."""
    merged = out.copy()
    for name in columns:
        merged[name] = part[name].where(out[name].notna())
    return merged
