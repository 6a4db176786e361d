"""What a statement sums: the answer of each row as one number, shared expressions computed once, exact amounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.language import Compiled, quoted
from evaltools.intake import Contract

SCALES = {"amount": 10**3, "fraction": 10**9}
"""Amounts are summed as whole thousandths, ratios as whole billionths: floating sums depend on which thread came first,
and two runs must give the same bytes. What does not fit is an error, never dropped."""
YES, NO, OPEN, UNSURE = range(4)
"""Codes of a row's answer: yes (or known), no, unknown, unknown whether it belongs to the population at all."""
BITS = 31


@dataclass(frozen=True)
class Shared:
    """Expressions that several entries use, computed once per row: inside conjunctions and cases the database does not
    see that they are the same.

    definitions : SQL of the names the files define -> column; expressions : SQL of populations, measures and `of` over
    those columns -> column; weights : columns of ours that are needed further on
    """

    definitions: Mapping[str, str]
    expressions: Mapping[str, str]
    weights: tuple[str, ...]

    @classmethod
    def of(cls, entries: Sequence[Indicator]) -> Shared:
        """What these entries share, in a fixed order."""
        parts = sorted(
            frozenset().union(*(x.parts for e in entries for x in e.expressions)), key=lambda q: (-len(q), q)
        )
        definitions = {sql: f"d{i}" for i, sql in enumerate(parts)}
        found: dict[str, str] = {}
        for e in entries:
            for x in e.expressions:
                found.setdefault(_replaced(x.sql, definitions), f"e{len(found)}")
        weights = tuple(sorted({quoted(e.weight) for e in entries if e.weight}))
        return cls(definitions, found, weights)

    @property
    def definitions_sql(self) -> str:
        """Their columns, to be selected."""
        return "".join(f", {sql} AS {name}" for sql, name in self.definitions.items())

    @property
    def expressions_sql(self) -> str:
        """The columns of the expressions."""
        return "".join(f", {sql} AS {name}" for sql, name in self.expressions.items())

    def column(self, expression: Compiled) -> str:
        """The column that holds an expression."""
        return self.expressions[_replaced(expression.sql, self.definitions)]


def _replaced(sql: str, definitions: Mapping[str, str]) -> str:
    """The SQL with each definition in it (the longest first) by its column."""
    for text, name in definitions.items():
        sql = sql.replace(text, name)
    return sql


def answers(i: int, e: Indicator, shared: Shared, contract: Contract) -> list[tuple[str, str]]:
    """Per row: the answer of one indicator and its amounts.

    n : 1 in the 31 bits of the answer (YES, NO, OPEN, UNSURE) of a 128-bit integer, NULL outside the population,
    so that one sum counts all four; k : the same with the weight; s : the answer as a code, for sums of amounts. A
    measure that is no yes/no gives YES where it is known.
    """
    out = [(f"n{i}", _coded(e, shared, lambda code: f"{1 << (BITS * code)}::HUGEINT"))]
    if e.weight and is_whole(e, contract):
        weight = f"CAST({quoted(e.weight)} AS HUGEINT)"
        out.append((f"k{i}", _coded(e, shared, lambda code: f"{weight} * {1 << (BITS * code)}::HUGEINT")))
    if e.statistic not in (Statistic.SHARE, Statistic.COUNT) or (e.weight and not is_whole(e, contract)):
        out.append((f"s{i}", _coded(e, shared, lambda code: f"{code}::TINYINT")))
    if e.measure is not None and not _is_question(e):
        out.append((f"m{i}", shared.column(e.measure)))
    if e.of is not None:
        out.append((f"o{i}", shared.column(e.of)))
    if e.weight:
        out.append((f"w{i}", quoted(e.weight)))
    return out


def is_whole(e: Indicator, contract: Contract) -> bool:
    """Whether the weight is a whole number (persons), so that it can be packed."""
    return e.weight is not None and contract.column_of_output(e.weight).type == "integer"


def _is_question(e: Indicator) -> bool:
    """Whether its rows answer yes or no."""
    return e.measure is not None and e.statistic in (Statistic.SHARE, Statistic.COUNT)


def _coded(e: Indicator, shared: Shared, of: Callable[[int], str]) -> str:
    """SQL that turns the answer of a row into what `of` gives for its code; NULL outside the population."""
    p = shared.column(e.population) if e.population else None
    m = shared.column(e.measure) if e.measure else None
    unknown = " OR ".join(f"{c} IS NULL" for c in (m, shared.column(e.of) if e.of else None) if c)
    arms = [f"WHEN {p} IS NULL THEN {of(UNSURE)} WHEN NOT {p} THEN NULL"] if p else []
    arms += [f"WHEN {unknown} THEN {of(OPEN)}"] if unknown else []
    arms += [f"WHEN {m} THEN {of(YES)}"] if _is_question(e) else []
    rest = of(NO if _is_question(e) else YES)
    return f"CASE {' '.join(arms)} ELSE {rest} END" if arms else rest


def _unpacked(name: str, code: int) -> str:
    """One of the four counts, summed over the small areas."""
    return f"CAST(sum(({name} >> {BITS * code}) & {(1 << BITS) - 1}::HUGEINT) AS DOUBLE)"


def sums_of(i: int, e: Indicator, contract: Contract) -> tuple[dict[str, str], dict[str, str]]:
    """SQL of what is summed by small area (name -> aggregate), and of the parts these roll up to.

    rows : rows of the population with a known answer; open_rows : with an unknown one; unsure_rows : rows that may or
    may not belong to it. yes, no, open, unsure : the same in weights. sum, base : numerator and denominator over known
    rows. For coverage, open and unsure are units due whose state is unknown, unsized the rows that do not say how many.
    """
    fine = {f"n{i}": f"sum(n{i})"}
    roll = {
        "rows": f"{_unpacked(f'n{i}', YES)} + {_unpacked(f'n{i}', NO)}",
        "open_rows": _unpacked(f"n{i}", OPEN),
        "unsure_rows": _unpacked(f"n{i}", UNSURE),
    }
    if e.statistic in (Statistic.SHARE, Statistic.COUNT):
        codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE}
        if e.weight and not is_whole(e, contract):
            scale = SCALES["amount"]
            fine |= {f"{k}w{i}": f"sum({_exact(f'w{i}', scale)}) FILTER (WHERE s{i} = {c})" for k, c in codes.items()}
            return fine, roll | {k: f"CAST(sum({k}w{i}) AS DOUBLE) / {scale}" for k in codes}
        if e.weight:
            fine[f"k{i}"] = f"sum(k{i})"
        return fine, roll | {k: _unpacked(f"{'k' if e.weight else 'n'}{i}", c) for k, c in codes.items()}
    known = f"FILTER (WHERE s{i} = {YES})"
    if e.statistic is Statistic.MEDIAN:
        fine[f"v{i}"] = f"list(m{i}) {known}"
        return fine, roll | {"values": f"list_aggregate(flatten(list(v{i})), 'median')"}
    scale = SCALES["fraction" if e.statistic is Statistic.MEAN and e.unit in ("share", "ratio") else "amount"]
    parts = {"sum": f"sum({_exact(f'm{i} * w{i}' if e.weight else f'm{i}', scale)}) {known}"}
    if e.statistic is not Statistic.TOTAL:
        base = _exact(f"o{i}" if e.of else f"w{i}", scale) if e.of or e.weight else str(scale)
        parts["base"] = f"sum({base}) {known}"
    if e.statistic is Statistic.COVERAGE:
        parts["open"] = f"sum({_exact(f'o{i}', scale)}) FILTER (WHERE s{i} = {OPEN})"
        parts["unsure"] = f"sum({_exact(f'o{i}', scale)}) FILTER (WHERE s{i} = {UNSURE})"
        parts["unsized"] = f"count(*) FILTER (WHERE s{i} IS NOT NULL AND o{i} IS NULL)"
    fine |= {f"{part}_of{i}": sql for part, sql in parts.items()}
    scales = dict.fromkeys(parts, f" / {scale}") | {"unsized": ""}
    return fine, roll | {part: f"CAST(sum({part}_of{i}) AS DOUBLE){scales[part]}" for part in parts}


def _exact(amount: str, scale: int) -> str:
    """An amount as a whole number of its smallest part."""
    return f"CAST({amount} * {scale} AS BIGINT)"
