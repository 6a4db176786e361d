"""From a value to the text of a number, in one place: per cent, 万, 元 exist only here.

`num`, `interval`, `limit`, `cite`, `count`, `param`, `day` and `run` return `Bound`; chapters put them between words.
A value is an indicators `Value` (duck-typed: value, unit, id, source, low, high, level, n, suppressed), a rule of the
rule book (value, unit, id, cite), or a plain number together with its ref and ground.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaltools.errors import ReportError
from evaltools.report.blocks import Bound, Ground, plain

MISSING = "—"
"""Shown for a value that is not known."""
SUPPRESSED = "※"
"""Shown for a count withheld by disclosure control."""


@dataclass(frozen=True)
class Format:
    """How a number is printed: value × `scale`, `decimals`, then the suffix of the language."""

    scale: float = 1.0
    decimals: int = 0
    zh: str = ""
    en: str = ""

    def text(self, x: float, lang: str = "zh", *, with_unit: bool = True) -> str:
        """`x` printed; a value that rounds to zero has no minus sign, thousands are grouped."""
        shown = f"{x * self.scale:,.{self.decimals}f}"
        if re.fullmatch(r"-0(\.0+)?", shown):
            shown = shown[1:]
        suffix = (self.zh if lang == "zh" else self.en) if with_unit else ""
        return shown.replace("-", "−") + suffix


def _unit(decimals: int, zh: str, en: str, scale: float = 1.0) -> Format:
    return Format(scale, decimals, zh, en)


FORMATS: dict[str, Format] = {
    "int": Format(), "dec1": Format(decimals=1), "dec2": Format(decimals=2), "dec3": Format(decimals=3),
    "pct0": _unit(0, "%", "%", 100), "pct1": _unit(1, "%", "%", 100), "pct2": _unit(2, "%", "%", 100),
    "points1": _unit(1, "个百分点", " percentage points", 100),
    "points2": _unit(2, "个百分点", " percentage points", 100),
    "yuan": _unit(0, "元", " yuan"), "yuan2": _unit(2, "元", " yuan"),
    "wan_yuan": _unit(2, "万元", " × 10,000 yuan", 1e-4), "yi_yuan": _unit(2, "亿元", " × 100 million yuan", 1e-8),
    "wan_persons": _unit(2, "万人", " × 10,000 persons", 1e-4),
    "wan_households": _unit(2, "万户", " × 10,000 households", 1e-4),
    "persons": _unit(0, "人", " persons"), "households": _unit(0, "户", " households"),
    "villages": _unit(0, "个村", " villages"), "counties": _unit(0, "个县", " counties"),
    "towns": _unit(0, "个镇", " towns"), "cities": _unit(0, "个市", " cities"), "rows": _unit(0, "行", " rows"),
    "interviews": _unit(0, "份", " interviews"), "year": Format(zh="年"), "years": _unit(0, "年", " years"),
    "months": _unit(0, "个月", " months"), "days": _unit(0, "天", " days"), "times": _unit(0, "次", " times"),
    "items": _unit(0, "项", " items"),
}  # fmt: skip

UNIT_FORMAT = {
    "": "int", "1": "int", "count": "int", "ratio": "dec2", "index": "dec3",
    "share": "pct2", "fraction": "pct2", "rate": "pct2",
    "yuan_per_capita": "yuan", "yuan_per_person": "yuan", "yuan_per_year": "yuan", "yuan_per_village_year": "yuan",
    "person": "persons", "household": "households", "village": "villages", "county": "counties", "town": "towns",
    "city": "cities", "row": "rows", "interview": "interviews", "month": "months", "day": "days", "item": "items",
}  # fmt: skip


def format_of(unit: str, fmt: str | Format | None = None) -> Format:
    """The format named, or the usual one of the unit. Errors: ReportError for an unknown name or unit."""
    if isinstance(fmt, Format):
        return fmt
    name = fmt or UNIT_FORMAT.get(unit, unit)
    if name not in FORMATS:
        raise ReportError(f"no number format for {'format ' + repr(fmt) if fmt else 'unit ' + repr(unit)}",
                          expected=f"one of {', '.join(FORMATS)}", todo="give fmt=")  # fmt: skip
    return FORMATS[name]


def num(
    value: Any, fmt: str | Format | None = None, lang: str = "zh", *,
    ref: str = "", ground: Ground | None = None, unit: str | None = None, with_unit: bool = True,
) -> Bound:  # fmt: skip
    """A value as text: `num(gates.omission)` → "1.23%"; `num(v, "wan_persons")` → "12.34万人".

    `with_unit=False` is for a table whose column names the unit. A plain number needs `ref` and `ground`. Text stays as
    it is. Unknown → "—", suppressed → "※".
    """
    x, ref, unit, ground = _unpack(value, ref, unit, ground)
    if getattr(value, "suppressed", False):
        return Bound(SUPPRESSED, None, unit, ref, ground)
    if plain(x) is None:
        return Bound(MISSING, None, unit, ref, ground)
    if isinstance(x, str | bool | date):
        return Bound(str(plain(x)), x, unit, ref, ground)
    return Bound(format_of(unit, fmt).text(float(x), lang, with_unit=with_unit), x, unit, ref, ground)


def interval(value: Any, fmt: str | Format | None = None, lang: str = "zh", *, with_unit: bool = True) -> Bound:
    """The interval of an estimate: "0.81%～2.05%" (zh), "0.81%–2.05%" (en); its level is bound by `level`."""
    _, ref, unit, ground = _unpack(value, "", None, None)
    low, high = _number(value.low), _number(value.high)
    if getattr(value, "suppressed", False):
        return Bound(SUPPRESSED, None, unit, ref + ".interval", ground)
    if low is None or high is None:
        return Bound(MISSING, None, unit, ref + ".interval", ground)
    shape = format_of(unit, fmt)
    a, b = (shape.text(x, lang, with_unit=with_unit) for x in (low, high))
    return Bound(f"{a}{'～' if lang == 'zh' else '–'}{b}", (low, high), unit, ref + ".interval", ground)


def level(value: Any, lang: str = "zh") -> Bound:
    """The level of a value's interval: "90%"."""
    _, ref, _, ground = _unpack(value, "", None, None)
    return Bound(FORMATS["pct0"].text(value.level, lang), value.level, "share", ref + ".level", ground)


def size(value: Any, which: str = "n", unit: str = "household", lang: str = "zh", *, with_unit: bool = True) -> Bound:
    """How many stand behind a value: `which` is n, n_psu, n_effective or households_needed; "—" when not known."""
    _, ref, _, ground = _unpack(value, "", None, None)
    x = _number(getattr(value, which))
    text = MISSING if x is None else format_of(unit).text(x, lang, with_unit=with_unit)
    return Bound(text, x, unit, f"{ref}.{which}", ground)


def limit(rule: Any, lang: str = "zh", *, sign: bool = True) -> Bound:
    """The limit of a rule as it prints: "≤2%", without `sign` "2%"; 无规定 where none is defined."""
    text = rule.limit_text(lang) if sign else rule.value_text(lang)
    return Bound(text, plain(rule.value) if rule.is_defined else None, rule.unit, f"rule:{rule.id}", _rule_ground(rule))


def cite(rule: Any, lang: str = "zh") -> Bound:
    """The citation of a rule with its status: 粤发〔2016〕13号 第3条. Numbers in it are the rule's own."""
    text = rule.cite(lang)
    return Bound(text, text, "citation", f"cite:{rule.id}", _rule_ground(rule))


def rule_text(rule: Any, text: str, what: str) -> Bound:
    """Another text of a rule that may hold numbers (its label, note, effective date): `what` names it."""
    return Bound(str(plain(text)), str(plain(text)), "text", f"rule:{rule.id}.{what}", _rule_ground(rule))


def count(n: Any, unit: str, ref: str, ground: Ground, lang: str = "zh", *, with_unit: bool = True) -> Bound:
    """A count with its unit word: `count(2277, "village", "frame.poor_villages", ground)` → "2,277个村"."""
    return num(n, None, lang, ref=ref, ground=ground, unit=unit, with_unit=with_unit)


def param(name: str, value: Any, text: str | None = None) -> Bound:
    """A parameter of the report as the reader gave it: year, city code, seed."""
    return Bound(str(value) if text is None else text, value, "parameter", f"parameter:{name}", Ground("parameter"))


def day(name: str, when: date | str, lang: str = "zh") -> Bound:
    """A date given as a parameter: 2020年12月31日, 31 December 2020."""
    d = date.fromisoformat(str(when)[:10])
    text = f"{d.year}年{d.month}月{d.day}日" if lang == "zh" else f"{d.day} {d:%B} {d.year}"
    return Bound(text, d, "date", f"parameter:{name}", Ground("parameter"))


def run(name: str, value: Any) -> Bound:
    """A fact of the run: a commit, a version, a digest."""
    return Bound(str(value), str(value), "text", f"run:{name}", Ground("run"))


def ident(value: Any, what: str, ground: Ground) -> Bound:
    """An identifier that holds digits (a household's pseudonym, a division code)."""
    return Bound(str(value), str(value), "identifier", f"id:{what}", ground)


def ground_of(value: Any) -> Ground:
    """The ground of an indicators value. Errors: ReportError when it carries no source."""
    source = getattr(value, "source", None)
    if isinstance(source, Ground):
        return source
    if source is None:
        raise ReportError(f"{value!r} has no source", expected="a Value with its source, or ref= and ground=",
                          todo="bind the number to what it was computed from")  # fmt: skip
    rows = getattr(source, "rows", None)
    rules = tuple(str(getattr(r, "id", r)) for r in getattr(source, "rules", ()))
    tables, formula = tuple(getattr(source, "tables", ())), str(getattr(source, "formula", ""))
    return Ground("data", tables=tables, formula=formula, rows=plain(rows), rules=rules)


def _unpack(value: Any, ref: str, unit: str | None, ground: Ground | None) -> tuple[Any, str, str, Ground]:
    if hasattr(value, "source") and hasattr(value, "value"):
        return value.value, ref or value.id, value.unit if unit is None else unit, ground or ground_of(value)
    if not ref or ground is None:
        raise ReportError(f"the plain number {value!r}", expected="an indicators Value, or ref= and ground=",
                          todo="bind the number to what it was computed from")  # fmt: skip
    return value, ref, unit or "", ground


def _rule_ground(rule: Any) -> Ground:
    return Ground("rule", rules=(rule.id,), formula=rule.cite("zh"), note=str(plain(getattr(rule, "status", "")) or ""))


def _number(x: Any) -> float | None:
    x = plain(x)
    return None if x is None else x
