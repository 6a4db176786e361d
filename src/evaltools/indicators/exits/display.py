"""How exit verdicts show themselves: rounded, stable text and one table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from evaltools.terms import VerdictState

if TYPE_CHECKING:
    from evaltools.indicators.exits.result import ExitVerdicts, VillageVerdicts

_STATES = (VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING, VerdictState.RULE_UNDEFINED)


_STATUS = {"poor": "未脱贫户", "exited": "已脱贫户"}


def _lines(title: str, verdicts: ExitVerdicts | VillageVerdicts) -> str:
    """Title, year and the two lines."""
    actual, planned = (
        f"{v:,.2f} 元" if v is not None else VerdictState.RULE_UNDEFINED.zh
        for v in (verdicts.line_actual, verdicts.line_planned)
    )
    return f"{title} {verdicts.year} 年：当年实际线 {actual}；测算线 {planned}"


def totals(verdicts: ExitVerdicts) -> pd.DataFrame:
    """Households by registry status and verdict; one column per verdict, and those sensitive to the line."""
    wide = verdicts.summary.groupby("registry_status").sum(numeric_only=True)
    out = pd.DataFrame({"登记状态": wide.index.map(_STATUS), "户数": wide["households"].to_numpy()})
    for state in _STATES:
        out[state.zh] = wide[f"households_{state.value}"].to_numpy()
    out["结论随线而变"] = wide["households_line_sensitive"].to_numpy()
    return out


def text_of(verdicts: ExitVerdicts) -> str:
    """Two lines of lines (实际线, 测算线) and the table of totals."""
    head = _lines("户脱贫标准核验", verdicts)
    return head + "\n" + totals(verdicts).to_string(index=False)


def html_of(verdicts: ExitVerdicts) -> str:
    """The same as HTML."""
    head = _lines("户脱贫标准核验", verdicts)
    return f"<p>{escape(head)}</p>" + totals(verdicts).to_html(index=False, border=0)


def village_text(verdicts: VillageVerdicts) -> str:
    """Lines, then villages by verdict."""
    head = _lines("相对贫困村出列", verdicts)
    counts = verdicts.frame["verdict"].astype(str).value_counts()
    body = "，".join(f"{s.zh} {int(counts.get(s.value, 0))}" for s in _STATES)
    return f"{head}\n{len(verdicts.frame)} 村：{body}；结论随线而变 {int(verdicts.frame['is_line_sensitive'].sum())}"
