"""Data contracts: what a table must hold. The YAML files in `contracts/` are the documentation; this reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from evaltools import terms
from evaltools.errors import RuleBookError, nearest
from evaltools.intake.units import UNITS, Unit
from evaltools.standards.yamlfile import Fields, load_yaml

FOLDER = Path(__file__).parent / "contracts"
TYPES = ("text", "category", "integer", "number", "boolean", "date")
IDENTIFYING = ("id_number", "name", "phone")
SEVERITIES = ("error", "warning")


@dataclass(frozen=True)
class Column:
    """One column. `min`/`max` are inclusive; dates are ISO text. `values`: stored value -> Chinese label."""

    name: str
    type: str
    zh: str
    meaning: str
    required: bool
    nullable: bool
    aliases: tuple[str, ...] = ()
    unit: str | None = None
    min: float | str | None = None
    max: float | str | None = None
    typical: tuple[float, float] | None = None
    """Where the median of the positive values should lie; outside it the unit is doubted (a warning)."""
    values: dict[str, str] = field(default_factory=dict)
    pattern: str | None = None
    caveat: str = ""
    identifying: str | None = None
    pseudonym: str | None = None
    """Name of the pseudonym that leaves intake in place of an identifying column."""
    free_text: bool = False

    @property
    def dtype(self) -> str:
        """The pandas dtype in a frame that passed: booleans and nullable integers keep 'unknown' apart."""
        if self.type == "integer":
            return "Int64" if self.nullable else "int64"
        return {"text": "str", "category": "str", "number": "float64", "boolean": "boolean"}.get(
            self.type, "datetime64[us]"
        )

    @property
    def output(self) -> str:
        """The column's name in the frame that leaves intake."""
        return self.pseudonym or self.name

    @property
    def header_zh(self) -> str:
        """The Chinese header of a template, with the unit where one could be mistaken."""
        unit = UNITS[self.unit] if self.unit else None
        shown = unit is not None and unit.name in ("yuan", "share", "sqm", "km", "months", "minutes", "days")
        return f"{self.zh}（{unit.zh}）" if unit is not None and shown else self.zh


@dataclass(frozen=True)
class Reference:
    """Rows must find their partner: `columns` here equal `to` in `table`. Rows with a missing part are let be."""

    id: str
    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    severity: str


@dataclass(frozen=True)
class RowCheck:
    """A rule over the columns of one row, as an expression; it is broken only where it is false, not where unknown."""

    id: str
    rule: str
    message: str
    severity: str


@dataclass(frozen=True)
class Contract:
    """A table: its key, its columns, and what must hold within a row and between tables."""

    table: str
    zh: str
    unit_of_observation: str
    meaning: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    city_column: str | None = None
    year_column: str | None = None
    references: tuple[Reference, ...] = ()
    checks: tuple[RowCheck, ...] = ()
    file: str = ""

    @cached_property
    def output_columns(self) -> tuple[str, ...]:
        """Columns of the frame that leaves intake, in contract order; identifying ones as pseudonyms."""
        return tuple(c.output for c in self.columns.values())

    @cached_property
    def _by_output(self) -> dict[str, Column]:
        return {c.output: c for c in reversed(self.columns.values())}  # the first of a name holds

    def column_of_output(self, name: str) -> Column:
        """The contract's column behind a name of the frame. RuleBookError names the nearest."""
        if name in self._by_output:
            return self._by_output[name]
        raise RuleBookError(
            f"table {self.table} has no column {name!r}", where=self.file,
            expected=nearest(name, self.output_columns), todo="use a column of the contract",
        )  # fmt: skip

    def _repr_html_(self) -> str:
        from evaltools.intake.documentation import contract_html

        return contract_html(self)


_TABLE_KEYS = (
    "table", "zh", "aliases", "unit_of_observation", "meaning", "sources", "key", "city_column", "year_column",
    "references", "checks", "columns",
)  # fmt: skip
_COLUMN_KEYS = (
    "type", "unit", "zh", "aliases", "required", "nullable", "min", "max", "typical", "values", "term", "pattern",
    "meaning", "caveat", "identifying", "pseudonym", "free_text",
)  # fmt: skip


def read_contract(path: Path | str) -> Contract:
    """Read one contract file. RuleBookError with file, line, entry and key for anything incomplete or unknown."""
    path = Path(path)
    fields = Fields(load_yaml(path), path.name, path.stem)
    fields.only(_TABLE_KEYS)
    block = fields.block.get("columns")
    if not isinstance(block, dict) or not block:
        fields.fail("columns", "no columns", expected="columns: {name: {type: ..., zh: ..., meaning: ...}}")
    columns = {name: _column(name, entry, path.name) for name, entry in block.items()}
    contract = Contract(
        table=fields.text("table"), zh=fields.text("zh"), unit_of_observation=fields.text("unit_of_observation"),
        meaning=fields.text("meaning"), key=fields.texts("key"), columns=columns, aliases=fields.texts("aliases"),
        sources=fields.texts("sources"), city_column=fields.text("city_column", "") or None,
        year_column=fields.text("year_column", "") or None,
        references=tuple(_reference(b, path.name) for b in fields.block.get("references", [])),
        checks=tuple(_check(b, path.name) for b in fields.block.get("checks", [])), file=path.name,
    )  # fmt: skip
    _consistent(contract, fields)
    return contract


def _column(name: str, block: Any, file: str) -> Column:
    f = Fields(block, file, name)
    f.only(_COLUMN_KEYS)
    kind = f.choice("type", TYPES)
    unit = f.choice("unit", UNITS, "") if "unit" in f.block else None
    if kind in ("integer", "number") and unit is None:
        f.fail("unit", "a number without a unit", expected=nearest("", UNITS))
    identifying = f.choice("identifying", IDENTIFYING) if "identifying" in f.block else None
    if (identifying is None) != ("pseudonym" not in f.block):
        f.fail("pseudonym", "identifying and pseudonym belong together", expected="both or neither")
    typical = tuple(float(v) for v in f.block.get("typical", ()))
    return Column(
        name=name, type=kind, zh=f.text("zh"), meaning=f.text("meaning"), unit=unit, aliases=f.texts("aliases"),
        required=f.choice("required", ("true", "false")) == "true",
        nullable=f.choice("nullable", ("true", "false")) == "true",
        min=_limit(f, "min", kind), max=_limit(f, "max", kind),
        typical=(typical[0], typical[1]) if len(typical) == 2 else None,
        values=_values(f, kind), pattern=f.text("pattern", "") or None, caveat=f.text("caveat", ""),
        identifying=identifying, pseudonym=f.text("pseudonym", "") or None,
        free_text=f.choice("free_text", ("true", "false"), "false") == "true",
    )  # fmt: skip


def _limit(f: Fields, key: str, kind: str) -> float | str | None:
    if key not in f.block:
        return None
    if kind == "date":
        return f.date(key)
    if kind not in ("integer", "number"):
        f.fail(key, f"{key} on a column of type {kind}", expected="a limit on integer, number or date only")
    return f.number(key)


def _values(f: Fields, kind: str) -> dict[str, str]:
    """Stored value -> Chinese label: from a vocabulary of `terms` or written out."""
    if kind != "category":
        if "values" in f.block or "term" in f.block:
            f.fail("values", f"allowed values on a column of type {kind}", expected="type: category")
        return {}
    if "term" in f.block:
        vocabulary = getattr(terms, f.text("term"), None)
        if not (isinstance(vocabulary, type) and issubclass(vocabulary, terms.Term)):
            f.fail("term", f"no vocabulary {f.text('term')!r} in terms", expected="an enum of evaltools.terms")
        return {member.value: member.zh for member in vocabulary}
    block = f.block.get("values")
    if not isinstance(block, dict) or not block:
        f.fail("values", "a category without allowed values", expected="values: {value: 中文} or term: Name")
    return dict(block)


def _reference(block: Any, file: str) -> Reference:
    f = Fields(block, file, str(block.get("id", "reference")) if isinstance(block, dict) else "reference")
    f.only(("id", "columns", "table", "to", "severity"))
    reference = Reference(
        f.text("id"), f.texts("columns"), f.text("table"), f.texts("to"), f.choice("severity", SEVERITIES)
    )
    if len(reference.columns) != len(reference.to) or not reference.columns:
        f.fail("to", "columns and to differ in length", expected="as many columns here as in the other table")
    return reference


def _check(block: Any, file: str) -> RowCheck:
    f = Fields(block, file, str(block.get("id", "check")) if isinstance(block, dict) else "check")
    f.only(("id", "rule", "message", "severity"))
    return RowCheck(f.text("id"), f.text("rule"), f.text("message"), f.choice("severity", SEVERITIES))


def _consistent(contract: Contract, f: Fields) -> None:
    """Names used anywhere in the contract must exist; one header must not mean two columns."""
    named = [*contract.key, *(c for r in contract.references for c in r.columns)]
    named += [c for c in (contract.city_column, contract.year_column) if c]
    for name in named:
        if name not in contract.columns:
            f.fail("key", f"unknown column {name!r}", expected=nearest(name, contract.columns))
    if not contract.key:
        f.fail("key", "a table without a key", expected="key: [column, ...]")
    for name in contract.key:
        if contract.columns[name].nullable or not contract.columns[name].required:
            f.fail("key", f"key column {name!r} may be missing", expected="required: true, nullable: false")
    seen: dict[str, str] = {}
    for column in contract.columns.values():
        for header in (column.name, column.zh, *column.aliases):
            other = seen.setdefault(header, column.name)
            if other != column.name:
                f.fail("columns", f"header {header!r} means both {other} and {column.name}", expected="one column")


@cache
def load_contract(table: str) -> Contract:
    """The packaged contract of a table. RuleBookError names the nearest tables."""
    path = FOLDER / f"{table}.yaml"
    if not path.exists():
        raise RuleBookError(f"no contract for a table {table!r}", expected=nearest(table, contract_names()))
    contract = read_contract(path)
    if contract.table != table:
        raise RuleBookError(f"contract {path.name} is for table {contract.table!r}", expected=f"table: {table}")
    for reference in contract.references:
        if reference.table not in contract_names():
            raise RuleBookError(
                f"reference {reference.id} to an unknown table {reference.table!r}", where=path.name,
                expected=nearest(reference.table, contract_names()),
            )  # fmt: skip
    return contract


@cache
def contract_names() -> tuple[str, ...]:
    """All tables that have a contract, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def contracts() -> tuple[Contract, ...]:
    """All packaged contracts."""
    return tuple(load_contract(name) for name in contract_names())


def unit_of(column: Column) -> Unit | None:
    """The unit record of a column, if it has one."""
    return UNITS[column.unit] if column.unit else None
