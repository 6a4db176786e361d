"""Contracts as people read them: HTML in Jupyter, Markdown in docs/data.md (a test keeps the two files equal)."""

from __future__ import annotations

from html import escape

from evaltools.intake.contract import Column, Contract, contracts
from evaltools.intake.units import UNITS

HEADINGS = ("column", "中文表头", "type", "unit", "required", "allowed", "meaning")


def describe(column: Column) -> tuple[str, ...]:
    """One column as a row of texts, in the order of `HEADINGS`."""
    needed = "yes" if column.required else "no"
    needed += "" if column.nullable else ", never empty"
    meaning = column.meaning + (f" *{column.caveat}*" if column.caveat else "")
    unit = f"{column.unit} ({UNITS[column.unit].zh})" if column.unit else ""
    return column.name, column.zh, column.type, unit, needed, allowed(column), meaning


def allowed(column: Column) -> str:
    """What values are accepted, in words."""
    if column.identifying:
        return f"identifier: leaves as {column.pseudonym}"
    if column.values:
        return ", ".join(f"{value} {zh}" for value, zh in column.values.items())
    if column.pattern:
        return f"form {column.pattern}"
    if column.min is not None or column.max is not None:
        low = "" if column.min is None else f"{column.min}"
        high = "" if column.max is None else f"{column.max}"
        return f"{low} to {high}".strip()
    return "是 / 否, empty = unknown" if column.type == "boolean" else ""


def contract_markdown(contract: Contract) -> str:
    """One contract as Markdown: what a row is, the key, the columns, the checks."""
    lines = [f"### {contract.table} {contract.zh}", "", f"One row: {contract.unit_of_observation}. {contract.meaning}"]
    lines += ["", f"Key: {', '.join(contract.key)}."]
    lines += [f"Sources: {'; '.join(contract.sources)}."] * bool(contract.sources)
    lines += ["", "| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
    for column in contract.columns.values():
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in describe(column)) + " |")
    checks = [f"- `{c.id}` ({c.severity}): {c.message}" for c in contract.checks]
    checks += [f"- `{r.id}` ({r.severity}): {' + '.join(r.columns)} must be in {r.table}" for r in contract.references]
    return "\n".join([*lines, "", *checks, ""] if checks else [*lines, ""])


def all_contracts_markdown() -> str:
    """The table of contents and every contract: the generated part of docs/data.md."""
    rows = [f"| {c.table} | {c.zh} | {c.unit_of_observation} | {len(c.columns)} |" for c in contracts()]
    head = ["| table | 中文 | one row | columns |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(head) + "\n" + "\n".join(contract_markdown(c) for c in contracts())


def contract_html(contract: Contract) -> str:
    """A contract as an HTML table."""
    head = "".join(f"<th>{escape(h)}</th>" for h in HEADINGS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in describe(column)) + "</tr>"
        for column in contract.columns.values()
    )
    caption = f"{contract.table} {contract.zh}: {contract.unit_of_observation}; key {', '.join(contract.key)}"
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
