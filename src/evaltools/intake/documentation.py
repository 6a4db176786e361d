"""Contracts as people read them: HTML in Jupyter, Markdown in docs/data.md (a test keeps the two files equal)."""

from __future__ import annotations

from html import escape

from evaltools.intake.contract import Column, Contract, contracts
from evaltools.intake.units import UNITS

RULES: dict[str, tuple[str, str]] = {
    "missing-column": (
        "A required column is not in the file.",
        "Add it, or correct its header; the error names the nearest.",
    ),
    "two-columns-for-one": ("Two headers mean the same column.", "Keep one of them."),
    "unknown-unit": (
        "The unit in a header cannot be turned into the contract's unit.",
        "Use 元, 千元, 万元, 亿元 (per year), %.",
    ),
    "empty-file": ("A header and no rows.", "Export again, or remove the file."),
    "broken-row": (
        "A row has too few or too many fields, or a cell holds whole rows.",
        "Look for a stray quotation mark or separator.",
    ),
    "not-a-number": (
        "Text, a date or yes/no where a number belongs.",
        "Type the number alone; write the unit into the header.",
    ),
    "not-a-whole-number": ("Decimals where things are counted.", "Correct the count."),
    "not-a-date": ("No date that can be read.", "Write 2020-04-30."),
    "not-yes-or-no": ("Neither yes nor no.", "是 / 否, 1 / 0, true / false; leave unknown empty."),
    "not-an-allowed-value": ("A value outside the closed list.", "Take one of the values the message lists."),
    "wrong-pattern": ("A code of the wrong form or length.", "Codes are text of fixed width: 6, 9 or 12 digits."),
    "wrong-type": ("Yes/no where text belongs.", "Correct the column."),
    "below-minimum": (
        "Below the least allowed value, such as a negative income or weight.",
        "Correct the value or its unit.",
    ),
    "above-maximum": ("Above the most allowed value.", "Correct the value or its unit (a share in percent?)."),
    "missing-value": (
        "Empty where the contract asks for a value.",
        "Fill it in; what is unknown elsewhere stays empty.",
    ),
    "duplicate-key": (
        "Two rows have the same key; all of them are named.",
        "Decide which one is right and remove the others.",
    ),
    "float-id": (
        "A code went through a number (4.41E+17, 441402.0) and lost digits.",
        "Format the column as text before pasting, and take the codes from the source again.",
    ),
    "date-in-text": ("The spreadsheet turned a code into a date.", "Format the column as text and type it again."),
    "spreadsheet-error": ("A cell with #N/A, #REF! or the like.", "Correct the formula."),
    "formula-without-value": (
        "A formula that was never calculated.",
        "Open the file in Excel or WPS, let it calculate, save.",
    ),
    "invalid-id-number": (
        "No valid identity number; the row stays, it cannot be linked (warning).",
        "Check it against the document.",
    ),
    "invalid-phone": ("No telephone number; the row stays (warning).", "Check it."),
    "invalid-name": ("No name; the row stays (warning).", "Check it."),
    "not-a-pseudonym": ("A pseudonym column holds something else.", "Give the identifier under its own header."),
    "unknown-code": ("A code the mapping's recode table does not know.", "Add it to the table, or correct the data."),
    "doubtful-unit": (
        "The median is far from what the unit makes plausible (warning).",
        "Check whether 万元 was meant.",
    ),
}
"""Rule named in a violation -> (what it means, what to do). Rules of single tables are listed with their contract."""

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


def rules_markdown() -> str:
    """What each rule means: a generated part of docs/data.md."""
    rows = [f"| `{rule}` | {meaning} | {todo} |" for rule, (meaning, todo) in RULES.items()]
    return "\n".join(["| rule | what it means | what to do |", "| --- | --- | --- |", *rows, ""])


def units_markdown() -> str:
    """Units and what headers may say: a generated part of docs/data.md."""
    rows = [f"| {u.name} | {', '.join(f'{k} (x {v:g})' for k, v in u.factors.items())} |" for u in UNITS.values()]
    return "\n".join(["| unit | in a header |", "| --- | --- |", *rows, ""])


PARTS = {"rules": rules_markdown, "units": units_markdown, "contracts": all_contracts_markdown}


def with_generated_parts(text: str) -> str:
    """docs/data.md with its generated parts written anew, each between the marks `begin NAME` and `end NAME`."""
    for name, make in PARTS.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


def contract_html(contract: Contract) -> str:
    """A contract as an HTML table."""
    head = "".join(f"<th>{escape(h)}</th>" for h in HEADINGS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in describe(column)) + "</tr>"
        for column in contract.columns.values()
    )
    caption = f"{contract.table} {contract.zh}: {contract.unit_of_observation}; key {', '.join(contract.key)}"
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
