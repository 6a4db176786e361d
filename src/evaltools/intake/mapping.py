"""Mappings: how the columns, units and codes of somebody else's file become the columns of a contract.

A mapping is a YAML file that people read and sign (params/mappings/*.yaml). It declares the foreign columns with their
types, says which rows are kept and why others are not, and gives each column of the contract from a column, a constant
or an expression of the small language of `expression`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaltools.errors import DataMissingError, nearest
from evaltools.intake.contract import IDENTIFYING, Column, Contract, contracts, load_contract
from evaltools.intake.expression import Expression, Kind, compile_expression
from evaltools.intake.headers import plain
from evaltools.intake.store import Mode
from evaltools.standards.yamlfile import Fields, load_yaml

if TYPE_CHECKING:
    from evaltools.intake.mapped import Mapped

_TYPES = ("text", "integer", "number", "boolean", "date")
_KINDS: dict[str, Kind] = {
    "text": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
}
UNKNOWN = "unknown"
"""Target of a recode that means: asked and not known (don't know, refused). It becomes a missing value, never a no."""
_KEYS = ("mapping", "contract", "title", "citation", "licence", "file", "source_columns", "recodes", "rows", "columns")


@dataclass(frozen=True)
class RowFilter:
    """Rows where `keep` is not true are left out, counted under `id`."""

    id: str
    keep: Expression
    reason: str


@dataclass(frozen=True)
class Target:
    """How one column of the contract is made: exactly one of `source`, `expression`, `constant`."""

    column: Column
    source: str | None = None
    expression: Expression | None = None
    constant: str | None = None
    factor: float = 1.0
    recode: dict[str, str] | None = None


@dataclass(frozen=True)
class Mapping:
    """A checked mapping. `apply(path)` reads the foreign file and gives the contract's table with its ledger."""

    name: str
    contract: Contract
    title: str
    citation: str
    licence: str
    file: str | None
    """File to take when a folder is given."""
    foreign: Contract
    """The foreign file's own columns, as a contract."""
    filters: tuple[RowFilter, ...]
    targets: tuple[Target, ...]
    where: str

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Mapping:
        """Read and check a mapping file.

        RuleBookError with file, line, entry and key: unknown keys, columns, tables or codes, an expression that does
        not parse or gives the wrong kind, a required column of the contract that is not made, a personal column that is
        not declared as identifying.
        """
        given = Path(path)
        if not given.is_file():
            raise DataMissingError(f"no mapping file {given.name!r}", where=given.parent.name, todo="check the path")
        return _Reader(Fields(load_yaml(given), given.name, given.stem)).mapping()

    def apply(
        self, source: str | os.PathLike[str], *, on_violation: Mode = "raise",
        key_file: str | os.PathLike[str] | None = None,
    ) -> Mapped:  # fmt: skip
        """Map a foreign file (or the folder that holds `file`) onto the contract.

        Errors: DataMissingError (file or column absent), DataInvalidError (values that break either side's types or the
        contract; with "drop" those rows are left out and counted, with "report" everything is listed).
        """
        from evaltools.intake.mapped import apply_mapping

        return apply_mapping(self, Path(source), on_violation, key_file)


class _Reader:
    def __init__(self, fields: Fields) -> None:
        fields.only(_KEYS)
        self.f = fields
        self.contract = load_contract(fields.choice("contract", [c.table for c in contracts()]))
        self.recodes = self._recodes()
        self.columns = self._foreign_columns()
        self.kinds = {name: _KINDS[c.type] for name, c in self.columns.items()}

    def mapping(self) -> Mapping:
        f = self.f
        title = f.text("title")
        foreign = Contract(
            table=f"source of {f.text('mapping')}", zh=title, unit_of_observation="row", meaning=title, key=(),
            columns=self.columns, file=f.file,
        )  # fmt: skip
        filters = tuple(self._filter(b) for b in f.block.get("rows", []))
        return Mapping(
            name=f.text("mapping"), contract=self.contract, title=title, citation=f.text("citation"),
            licence=f.text("licence"), file=f.text("file", "") or None, foreign=foreign, filters=filters,
            targets=self._targets(), where=f.file,
        )  # fmt: skip

    def _foreign_columns(self) -> dict[str, Column]:
        block = self.f.block.get("source_columns")
        if not isinstance(block, dict) or not block:
            self.f.fail("source_columns", "no source columns", expected="source_columns: {name: {type: number}}")
        return {name: self._foreign(name, entry) for name, entry in block.items()}

    def _foreign(self, name: str, entry: Any) -> Column:
        g = Fields(entry, self.f.file, name)
        g.only(("type", "header", "identifying", "optional", "meaning"))
        header = g.text("header", name)
        identifying = g.choice("identifying", IDENTIFYING) if "identifying" in g.block else None
        looks = _personal_headers().get(plain(header))
        if looks and not identifying:
            g.fail(
                "identifying", f"column {header!r} looks like {looks}",
                expected=f"identifying: {looks}", todo="declare it, so that only a pseudonym comes in, or leave it out",
            )  # fmt: skip
        return Column(
            name=name, type=g.choice("type", _TYPES), zh=header, meaning=g.text("meaning", header), nullable=True,
            required=g.choice("optional", ("true", "false"), "false") == "false",
            identifying=identifying, pseudonym=name if identifying else None,
        )  # fmt: skip

    def _recodes(self) -> dict[str, dict[str, str]]:
        block = self.f.block.get("recodes", {})
        if not isinstance(block, dict) or not all(isinstance(v, dict) and v for v in block.values()):
            self.f.fail("recodes", "recodes are not tables", expected="recodes: {sex: {1: male, 2: female}}")
        return {name: dict(table) for name, table in block.items()}

    def _filter(self, block: Any) -> RowFilter:
        g = Fields(block, self.f.file, str(block.get("id", "row filter")) if isinstance(block, dict) else "row filter")
        g.only(("id", "keep", "reason"))
        return RowFilter(g.text("id"), self._expression(g, "keep", "boolean"), g.text("reason"))

    def _expression(self, g: Fields, key: str, kind: Kind | None) -> Expression:
        where = f"{g.file}, line {g.block.line}, entry {g.entry}, key {key}"
        return compile_expression(g.text(key), self.kinds, where=where, kind=kind)

    def _targets(self) -> tuple[Target, ...]:
        block = self.f.block.get("columns")
        if not isinstance(block, dict) or not block:
            self.f.fail("columns", "no columns", expected="columns: {household_id: {from: hid}}")
        targets = tuple(self._target(name, entry) for name, entry in block.items())
        made = {t.column.name for t in targets}
        missing = [c.name for c in self.contract.columns.values() if c.required and c.name not in made]
        if missing:
            self.f.fail(
                "columns", f"not made: {', '.join(missing)}", expected=f"all required columns of {self.contract.table}"
            )
        return targets

    def _target(self, name: str, entry: Any) -> Target:
        g = Fields(entry, self.f.file, name)
        g.only(("from", "expression", "constant", "factor", "recode", "note"))
        if name not in self.contract.columns:
            g.fail(name, f"{self.contract.table} has no column {name!r}", expected=nearest(name, self.contract.columns))
        column = self.contract.columns[name]
        ways = [k for k in ("from", "expression", "constant") if k in g.block]
        if len(ways) != 1:
            g.fail(name, f"{len(ways)} ways to make {name}", expected="one of from, expression, constant")
        source = g.choice("from", self.columns) if ways == ["from"] else None
        factor = float(g.number("factor")) if "factor" in g.block else 1.0
        recode = self.recodes[g.choice("recode", self.recodes)] if "recode" in g.block else None
        expression = (
            self._expression(g, "expression", None if recode else _kind_of(column)) if ways == ["expression"] else None
        )
        self._fits(g, column, source, factor, recode)
        constant = g.text("constant") if ways == ["constant"] else None
        return Target(column, source, expression, constant, factor, recode)

    def _fits(
        self, g: Fields, column: Column, source: str | None, factor: float, recode: dict[str, str] | None
    ) -> None:
        if factor != 1.0 and column.type not in ("integer", "number"):
            g.fail("factor", f"a factor on {column.name}, which is {column.type}", expected="a number column")
        if recode is not None and column.values:
            wrong = sorted(set(recode.values()) - set(column.values) - {UNKNOWN})
            if wrong:
                known = ", ".join([*column.values, UNKNOWN])
                g.fail("recode", f"codes not in the contract: {', '.join(wrong)}", expected=known)
        foreign = self.columns.get(source or "")
        if foreign is not None and foreign.identifying and column.identifying not in (None, foreign.identifying):
            g.fail(
                "from",
                f"{foreign.identifying} mapped onto {column.identifying}",
                expected="the same kind of identifier",
            )


def _kind_of(column: Column) -> Kind:
    return {"integer": "number", "number": "number", "boolean": "boolean", "date": "date"}.get(column.type, "text")


def _personal_headers() -> dict[str, str]:
    """Headers that mean a person in any contract -> kind of identifier."""
    found = {}
    for contract in contracts():
        for column in contract.columns.values():
            if column.identifying:
                found |= {plain(h): column.identifying for h in (column.name, column.zh, *column.aliases)}
    found.pop("name", None)  # a column called name is as often that of a village
    return found
