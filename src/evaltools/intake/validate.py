"""Check typed columns against their contract with pandera, built from the YAML; every broken value keeps its row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaltools.errors import RuleBookError
from evaltools.intake.contract import Column, Contract
from evaltools.intake.convert import Problem
from evaltools.intake.expression import compile_expression, kinds_of

if TYPE_CHECKING:
    import pandera.pandas as pa


def schema(contract: Contract, columns: Iterable[str] | None = None) -> pa.DataFrameSchema:
    """The contract as a pandera schema (for use outside intake too): types, ranges, values, patterns, key."""
    import pandera.pandas as pa

    chosen = [contract.columns[c] for c in columns] if columns is not None else list(contract.columns.values())
    fields = {c.output: pa.Column(c.dtype, _checks(c), nullable=c.nullable, required=c.required) for c in chosen}
    present = {c.name for c in chosen}
    unique = [contract.columns[k].output for k in contract.key] if present.issuperset(contract.key) else None
    return pa.DataFrameSchema(fields, unique=unique, name=contract.table)


def _checks(column: Column) -> list[Any]:
    import pandera.pandas as pa

    checks = []
    if column.min is not None:
        checks.append(
            pa.Check.ge(_limit(column, column.min), name="below-minimum", error=f"the least allowed is {column.min}")
        )
    if column.max is not None:
        checks.append(
            pa.Check.le(_limit(column, column.max), name="above-maximum", error=f"the most allowed is {column.max}")
        )
    if column.values:
        checks.append(pa.Check.isin(list(column.values), name="not-an-allowed-value", error="not in the vocabulary"))
    if column.pattern:
        expected = f"the form {column.pattern} is expected"
        checks.append(pa.Check.str_matches(rf"(?:{column.pattern})\Z", name="wrong-pattern", error=expected))
    return checks


def _limit(column: Column, limit: float | str) -> Any:
    return pd.Timestamp(limit) if column.type == "date" else limit


def check_values(frame: pd.DataFrame, contract: Contract, columns: Iterable[str]) -> dict[str, list[Problem]]:
    """Broken values by output column. `frame`: index 0..n-1; only `columns` (contract names) are checked.

    The key is checked by `duplicate_keys`, nullable integers are accepted here before they become int64. Columns that
    hold nothing wrong are told by plain comparisons; pandera then names what is wrong in the others.
    """
    chosen = [contract.columns[c] for c in columns if contract.columns[c].output in frame]
    doubtful = [c for c in chosen if not _is_clean(frame[c.output], c)]
    if not doubtful:
        return {}
    import pandera.pandas as pa  # here: loading it takes a second, which sound data need not pay

    fields = {}
    for column in doubtful:
        checks = [] if column.pseudonym else _checks(column)
        if checks or not column.nullable:  # the type itself is what `convert` made
            fields[column.output] = pa.Column(None, checks, nullable=column.nullable)
    try:
        pa.DataFrameSchema(fields).validate(frame[list(fields)], lazy=True)
    except pa.errors.SchemaErrors as exc:
        return _by_column(exc.failure_cases, contract)
    return {}


def _is_clean(values: pd.Series, column: Column) -> bool:
    """Whether no value breaks what `_checks` and `nullable` ask; an unknown value breaks nothing but `nullable`."""
    there = values.dropna()
    if not column.nullable and len(there) < len(values):
        return False
    if column.pseudonym:
        return True
    tests = []
    if column.min is not None:
        tests.append(there >= _limit(column, column.min))
    if column.max is not None:
        tests.append(there <= _limit(column, column.max))
    if column.values:
        tests.append(there.isin(list(column.values)))
    if column.pattern:
        tests.append(there.str.match(rf"(?:{column.pattern})\Z"))
    return all(bool(t.all()) for t in tests)


def _by_column(cases: pd.DataFrame, contract: Contract) -> dict[str, list[Problem]]:
    """pandera's failure cases as problems: one per column and rule, with all positions."""
    found: dict[str, list[Problem]] = {}
    for (column, check), group in cases.groupby(["column", "check"], sort=False):
        if group["index"].isna().any():  # a whole column of the wrong type is a fault of the reader, not of the data
            raise RuleBookError(f"column {column} came out with a wrong type: {check}", where=contract.file)
        rule, message = _rule(str(check), contract.column_of_output(str(column)))
        positions = np.unique(group["index"].to_numpy(dtype=np.int64))
        found.setdefault(str(column), []).append(Problem(positions, rule, message))
    return found


def _rule(check: str, column: Column) -> tuple[str, str]:
    if check == "not_nullable":
        return "missing-value", f"{column.zh} ({column.name}) must not be empty"
    if check.startswith("the least"):
        return "below-minimum", check + _negative(column)
    if check.startswith("the most"):
        hint = "; shares lie between 0 and 1: were they given in percent?" if column.unit == "share" else ""
        return "above-maximum", check + hint
    if check.startswith("the form"):
        return "wrong-pattern", check
    return "not-an-allowed-value", "allowed: " + ", ".join(f"{v} ({zh})" for v, zh in column.values.items())


def _negative(column: Column) -> str:
    return ": a negative value" if column.min == 0 else ""


def duplicate_keys(frame: pd.DataFrame, contract: Contract) -> list[Problem]:
    """Rows whose key another row has too. The first of a set is named as well: nobody knows which one is right."""
    key = [contract.columns[k].output for k in contract.key]
    part = frame[key]
    double = part.duplicated(keep=False).to_numpy() & part.notna().all(axis=1).to_numpy()
    if not double.any():
        return []
    return [Problem(np.flatnonzero(double), "duplicate-key", f"two rows have the same {' + '.join(contract.key)}")]


def check_rows(frame: pd.DataFrame, contract: Contract, done: set[str]) -> list[tuple[str, Problem]]:
    """(columns shown, problem) for the row rules whose columns are all present; `done` is kept up to date."""
    found = []
    kinds = kinds_of(contract)
    for check in contract.checks:
        if check.id in done:
            continue
        expression = compile_expression(check.rule, kinds, where=f"{contract.file}, check {check.id}")
        if not set(frame.columns).issuperset(expression.columns):
            continue
        done.add(check.id)
        broken = expression.is_false(frame)
        if broken.any():
            problem = Problem(np.flatnonzero(broken), check.id, check.message, check.severity)
            found.append((" + ".join(sorted(expression.columns)), problem))
    return found


def doubtful_units(frame: pd.DataFrame, columns: Iterable[Column]) -> list[tuple[str, str]]:
    """(column, message) where the median of the positive values lies far outside what its unit makes plausible."""
    found = []
    for column in columns:
        if column.typical is None or column.output not in frame:
            continue
        values = frame[column.output].astype("Float64").to_numpy("float64", na_value=np.nan)
        positive = values[values > 0]
        if len(positive) < 20:
            continue
        median, (low, high) = float(np.median(positive)), column.typical
        if low <= median <= high:
            continue
        fits = [name for name, factor in _FACTORS if low <= median * factor <= high]
        hint = f"; in {fits[0]} it would fit" if fits else ""
        found.append(
            (column.name, f"the median of the positive values is {median:,.6g} {column.unit}{hint}: check the unit")
        )
    return found


_FACTORS = (("万元", 1e4), ("千元", 1e3), ("yuan a month", 12.0), ("亿元", 1e8), ("分", 0.01))
