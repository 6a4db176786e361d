"""How gates show themselves: one row per rate, rounded, the same text every time."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from evaltools.estimation.judge import NEEDED_PRINTED_MAX
from evaltools.indicators.targeting.result import Gate, GateResult, Gates, Variant

_COLUMNS = ("指标", "估计", "区间", "限值", "结论", "样本户", "村", "未明占比", "依据")


def percent(x: float | None, digits: int = 2) -> str:
    """1.25% for 0.0125; — where there is no number."""
    return "—" if x is None or math.isnan(x) else f"{100 * x:.{digits}f}%"


def needed_text(households: int) -> str:
    """需1234户; sizes that no survey has are 需100000户以上."""
    too_many = households > NEEDED_PRINTED_MAX
    return f"需{NEEDED_PRINTED_MAX}户以上" if too_many else f"需{households}户"


def row_of(r: GateResult) -> dict[str, str]:
    """One result as texts."""
    interval = "—" if math.isnan(r.low) else f"{percent(r.low)}–{percent(r.high)}"
    sign = {">=": "≥", "<=": "≤"}.get(r.comparison or "", r.comparison or "")
    name = r.gate.zh if r.variant is not Variant.INCOME_OR_GUARANTEE else f"{r.gate.zh}（{r.variant.zh}）"
    needed = f"（{needed_text(r.households_needed)}）" if r.households_needed and r.state.value == "undecided" else ""
    limit = f"{sign}{percent(r.limit, 0)}" if r.limit is not None else "无规定"
    households = "—" if r.n is None else str(r.n)
    cells = (
        name, percent(r.rate), interval, limit, r.state.zh + needed, households, str(r.n_psu),
        percent(r.unknown.share), r.clause("zh"),
    )  # fmt: skip
    return dict(zip(_COLUMNS, cells, strict=True))


def table_of(gates: Gates) -> pd.DataFrame:
    """The city's results and variants as texts; a variant stands under its gate."""
    rows = []
    for gate in Gate:
        rows += [row_of(r) for r in gates.results if r.gate is gate]
        rows += [row_of(r) for r in gates.variants if r.gate is gate]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def headline(gates: Gates) -> str:
    """City, year, overall verdict."""
    return f"{gates.city.name} {gates.year} 年 三率一度 总体：{gates.overall.zh}"


def text_of(gates: Gates) -> str:
    """The display as plain text."""
    lines = [headline(gates)]
    for row in table_of(gates).to_dict("records"):
        body = f"{row['指标']} {row['估计']} [{row['区间']}] {row['限值']} {row['结论']}"
        lines.append(f"  {body} n={row['样本户']} 村={row['村']} 未明 {row['未明占比']}")
    return "\n".join([*lines, *(f"  注：{note}" for note in gates.notes_zh)])


def html_of(gates: Gates) -> str:
    """The display as HTML: one table and the notes."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in gates.notes_zh)
    table = table_of(gates).to_html(index=False, border=0, escape=True)
    return f"<p>{escape(headline(gates))}</p>{table}<ul>{notes}</ul>"


def frame_of(gates: Gates) -> pd.DataFrame:
    """Every result unrounded: city first, then variants, then counties."""
    rows = []
    for r in (*gates.results, *gates.variants, *gates.counties):
        rows.append(
            {
                "city_code": gates.city.code, "year": gates.year, "gate": r.gate.value, "variant": r.variant.value,
                "area_code": r.area_code, "area_level": r.area_level, "unit": r.unit, "rate": r.rate, "se": r.se,
                "low": r.low, "high": r.high, "level": r.level, "limit": r.limit, "comparison": r.comparison,
                "state": r.state.value, "n": r.n, "n_known": r.n_known, "n_counted": r.n_counted,
                "n_persons": r.n_persons, "n_psu": r.n_psu, "n_effective": r.n_effective, "deff": r.deff,
                "df": r.df, "rho": r.rho, "households_needed": r.households_needed,
                "unknown_households": r.unknown.households, "unknown_share": r.unknown.share,
                "rate_if_unknown_low": r.unknown.rate_low, "rate_if_unknown_high": r.unknown.rate_high,
                "clause": r.clause("zh"), "reason": r.reason_zh,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
