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


@dataclass(frozen=True)
class Packing:
    """How the four counts of an indicator share one number: `bits` each, in SQL's `kind`.

    One sum then counts all four. NARROW holds smallest areas of up to 32,767 rows (or persons) and is several times
    faster; WIDE holds two thousand million.
    """

    bits: int
    kind: str

    @property
    def most(self) -> int:
        """The largest count that fits."""
        return (1 << self.bits) - 1

    def one(self, code: int) -> str:
        """A 1 in the place of an answer."""
        return f"{1 << (self.bits * code)}::{self.kind}"

    def unpacked(self, name: str, code: int) -> str:
        """One of the four counts, summed over the small areas."""
        return f"CAST(sum(({name} >> {self.bits * code}) & {self.most}::{self.kind}) AS DOUBLE)"


NARROW, WIDE = Packing(15, "BIGINT"), Packing(31, "HUGEINT")
Rolled = dict[str, tuple[tuple[str, str], ...]]
"""Part -> columns (name, SQL) whose sum it is: several parts and entries share a column."""


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


def votes(entries: Sequence[Indicator], shared: Shared, packing: Packing) -> dict[str, str]:
    """Columns that the packed answers are made of, name -> SQL: each measure and each population once.

    v : 1 in the place of YES, NO or OPEN; q : all bits where the row is known to be in the population, else 0; u : 1 in
    the place of UNSURE where that is unknown, else 0. An answer is then (v & q) | u, which costs two operations.
    """
    out: dict[str, str] = {}
    for e in entries:
        m, o, p = (shared.column(x) if x else None for x in (e.measure, e.of, e.population))
        if m is not None:
            unknown = " OR ".join(f"{c} IS NULL" for c in (m, o) if c)
            arms = f"WHEN {unknown} THEN {packing.one(OPEN)}"
            arms += f" WHEN {m} THEN {packing.one(YES)}" if _is_question(e) else ""
            rest = packing.one(NO if _is_question(e) else YES)
            out[_vote(e, shared)] = f"CASE {arms} ELSE {rest} END"
        if p is not None:
            out[f"q_{p}"] = f"CASE WHEN {p} THEN -1::{packing.kind} ELSE 0::{packing.kind} END"
            out[f"u_{p}"] = f"CASE WHEN {p} IS NULL THEN {packing.one(UNSURE)} ELSE 0::{packing.kind} END"
    return out


def _vote(e: Indicator, shared: Shared) -> str:
    parts = [shared.column(x) for x in (e.measure, e.of) if x is not None]
    return "_".join([f"v{'q' if _is_question(e) else 'k'}", *parts])


def packed(e: Indicator, shared: Shared) -> str:
    """Name of the column with the packed answers of an indicator; two that ask the same share it."""
    vote = _vote(e, shared) if e.measure is not None else "all"
    return f"n_{shared.column(e.population) if e.population else 'all'}_{vote}"


def answers(i: int, e: Indicator, shared: Shared, contract: Contract, packing: Packing) -> list[tuple[str, str]]:
    """Per row: the answer of one indicator and its amounts.

    n : the packed answer, 0 outside the population, so that one sum counts all four; k : the same with the weight;
    s : the answer as a code, for sums of amounts. A measure that is no yes/no gives YES where it is known.
    """
    p = shared.column(e.population) if e.population else None
    vote = _vote(e, shared) if e.measure is not None else packing.one(YES)
    name = packed(e, shared)
    answer = f"(({vote} & q_{p}) | u_{p})" if p else vote
    out = [(name, answer)]
    if e.weight and is_whole(e, contract):
        out.append((f"{name}_by_{e.weight}", f"CAST({quoted(e.weight)} AS {packing.kind}) * {answer}"))
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


def sums_of(
    i: int, e: Indicator, contract: Contract, shared: Shared, packing: Packing
) -> tuple[dict[str, str], Rolled]:
    """SQL of what is summed by small area (name -> aggregate), and of the parts these roll up to.

    rows : rows of the population with a known answer; open_rows : with an unknown one; unsure_rows : rows that may or
    may not belong to it. yes, no, open, unsure : the same in weights. sum, base : numerator and denominator over known
    rows. For coverage, open and unsure are units due whose state is unknown, unsized the rows that do not say how many.
    """
    name = packed(e, shared)

    def counted(name: str, code: int) -> tuple[str, str]:
        return f"{name}_{code}", packing.unpacked(name, code)

    fine = {name: f"CAST(sum({name}) AS {packing.kind})"}
    known = (YES, NO) if _is_question(e) else (YES,)
    roll: Rolled = {
        "rows": tuple(counted(name, c) for c in known),
        "open_rows": (counted(name, OPEN),),
        "unsure_rows": (counted(name, UNSURE),),
    }
    if e.statistic in (Statistic.SHARE, Statistic.COUNT):
        codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE}
        if e.weight and not is_whole(e, contract):
            scale = SCALES["amount"]
            fine |= {f"{k}w{i}": f"sum({_exact(f'w{i}', scale)}) FILTER (WHERE s{i} = {c})" for k, c in codes.items()}
            return fine, roll | {k: ((f"{k}_{i}", f"CAST(sum({k}w{i}) AS DOUBLE) / {scale}"),) for k in codes}
        if e.weight:
            name = f"{name}_by_{e.weight}"
            fine[name] = f"CAST(sum({name}) AS {packing.kind})"
        return fine, roll | {k: (counted(name, c),) for k, c in codes.items()}
    known = f"FILTER (WHERE s{i} = {YES})"
    if e.statistic is Statistic.MEDIAN:
        fine[f"v{i}"] = f"list(m{i}) {known}"
        return fine, roll | {"values": ((f"values_{i}", f"list_aggregate(flatten(list(v{i})), 'median')"),)}
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
    return fine, roll | {
        part: ((f"{part}_{i}", f"CAST(sum({part}_of{i}) AS DOUBLE){scales[part]}"),) for part in parts
    }


def _exact(amount: str, scale: int) -> str:
    """An amount as a whole number of its smallest part."""
    return f"CAST({amount} * {scale} AS BIGINT)"
