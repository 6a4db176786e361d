"""附录C 数据与质量, 附录E 如何重做本报告."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaltools.indicators.coverage import Item, qualitative
from evaltools.intake import load_contract
from evaltools.report.binding import param, run
from evaltools.report.blocks import Block, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.one import NEEDED_HELPING
from evaltools.report.inline import inline_parts

SHOWN_PATH = 200
"""Longest text printed of a file or check name."""


def appendix_c(desk: Desk) -> Chapter:
    """The quality ledger: every table, every dropped row with its reason, broken checks, gaps."""
    say, quality = desk.say, desk.inp.quality
    blocks: list[Block] = [Heading(say.word("c.ledger_heading")), Paragraph(say("c.ledger_note")), _ledger(desk)]
    off = [t.table for t in quality.tables.values() if not t.balanced()]
    if off:
        blocks.append(Paragraph(say("c.unbalanced", tables=say.listed(off))))
    blocks += [_dropped(desk), _violations(desk), Heading(say.word("c.missing_heading")), _missing(desk)]
    if quality.unchecked:
        blocks.append(Paragraph(say("c.unchecked", checks=say.listed(_unchecked(desk)))))
    if quality.ignored_files:
        blocks.append(
            Paragraph(say("c.ignored", files=say.listed([_text(desk, f, f"ignored.{f}") for f in quality.ignored_files])))
        )
    blocks += [Heading(say.word("c.words_heading")), Paragraph(say("c.words_note")), _in_words(desk)]
    return Chapter("附录C", say.word("chapter.c"), tuple(blocks))


def _in_words(desk: Desk) -> Table:
    """What the documents ask for and no table can measure: recorded as evidence in words, never scored."""
    say, items = desk.say, qualitative()
    ground = Ground("data", (), "inventory of the policy documents", len(items))

    def row(item: Item) -> tuple[Inline, ...]:
        title, evidence = (item.zh, item.evidence) if desk.lang == "zh" else (item.en, item.evidence_en)
        return (desk.free(title, f"words.{item.id}.title", ground), desk.free(evidence, f"words.{item.id}", ground))

    return Table(
        title=say.word("c.words_table"), key="words", source=say("c.words_source"),
        columns=(Column(say.word("c.col_item"), width=0.3), Column(say.word("c.col_words"), width=0.7)),
        n=say("c.words_n", n=desk.count(len(items), "items", "words.items", ground)),
        rows=tuple(row(i) for i in items),
    )  # fmt: skip


def _unchecked(desk: Desk) -> list[Inline]:
    """Pairs of tables whose rows could not be matched, each once: 帮扶企业与行政村."""
    pairs: dict[tuple[str, str], None] = {}
    for name in desk.inp.quality.unchecked:
        table, _, reference = name.partition(": ")
        known = load_contract(table)
        other = next(r.table for r in known.references if r.id == reference)
        names = (known.zh, load_contract(other).zh) if desk.lang == "zh" else (table, other)
        pairs[names] = None
    ground = _ground(desk)
    return [desk.say("c.unchecked_pair", table=desk.free(a, f"unchecked.{a}", ground),
                     other=desk.free(b, f"unchecked.{b}", ground)) for a, b in pairs]  # fmt: skip


def _ground(desk: Desk) -> Ground:
    quality = desk.inp.quality
    return Ground("data", tuple(quality.tables), "quality ledger of reading", quality.counts["rows_read"])


def _text(desk: Desk, text: str, ref: str) -> Inline:
    return desk.free(text, f"quality.{ref}", _ground(desk))


def _n(desk: Desk) -> Inline:
    return desk.say("c.n", n=desk.count(desk.inp.quality.counts["rows_read"], "rows", "quality.rows_read", _ground(desk)))


def _ledger(desk: Desk) -> Table:
    say, ground = desk.say, _ground(desk)
    numbers = ("rows_in_file", "rows_elsewhere", "rows_read", "rows_kept", "rows_dropped", "errors", "warnings")

    def row(r: dict) -> tuple[Inline, ...]:
        name = r["zh"] if desk.lang == "zh" else r["table"]
        cells = [desk.count(r[c], "rows", f"quality.{r['table']}.{c}", ground, with_unit=False) for c in numbers]
        return (name, _text(desk, r["file"], f"{r['table']}.file"), *cells)

    heads = [Column(say.word(f"c.col_{c.removeprefix('rows_')}"), "right") for c in numbers]
    return Table(
        title=say.word("c.table"),
        key="ledger",
        source=say("source.ledger"),
        n=_n(desk),
        columns=(Column(say.word("c.col_table")), Column(say.word("c.col_file")), *heads),
        rows=tuple(row(r) for r in desk.inp.quality.to_frame().to_dict("records")),
    )


def _dropped(desk: Desk) -> Block:
    ground = _ground(desk)
    rows = [
        (
            _table_name(desk, r["table"]),
            _text(desk, str(r["reason"]), f"dropped.{r['reason']}"),
            desk.count(r["rows"], "rows", f"quality.{r['table']}.dropped.{r['reason']}", ground, with_unit=False),
        )
        for r in desk.inp.quality.dropped_frame().to_dict("records")
    ]
    return _table_or(desk, rows, "c.dropped_table", "c.no_dropped", "dropped", ("c.col_table", "c.col_reason", "c.col_rows"))


def _violations(desk: Desk) -> Block:
    say, ground = desk.say, _ground(desk)
    rows = []
    for r in desk.inp.quality.rules_frame().to_dict("records"):
        ref = f"quality.{r['table']}.{r['column']}.{r['rule']}"
        rows.append(
            (
                _table_name(desk, r["table"]),
                _column(desk, str(r["table"]), str(r["column"])) if r["column"] else "—",
                _text(desk, r["rule"], f"{ref}.rule"),
                say.word(f"c.severity_{r['severity']}"),
                desk.count(r["count"], "items", f"{ref}.count", ground, with_unit=False),
                desk.number(r["first_row"], "count", f"{ref}.first_row", ground),
            )
        )
    heads = ("c.col_table", "c.col_column", "c.col_check", "c.col_severity", "c.col_count", "c.col_first")
    return _table_or(desk, rows, "c.violations_table", "c.no_violations", "violations", heads)


def _missing(desk: Desk) -> Block:
    """One line a table the report uses, in the order of its contract: columns with gaps and their share, and columns
    that the source does not have at all."""
    rows = []
    for table in used_tables(desk):
        quality = desk.inp.quality.tables[table]
        gaps: list[Inline] = [
            inline_parts((_column(desk, table, c), " ", _share(desk, table, c, share)))
            for c, share in _ordered(table, quality.missing)
            if 0 < share < 1
        ]
        absent = [_column(desk, table, c) for c, share in _ordered(table, quality.missing) if share == 1]
        if gaps or absent:
            rows.append((_table_name(desk, table), desk.say.listed(gaps) or "—", desk.say.listed(absent) or "—"))
    return _table_or(desk, rows, "c.missing_table", "c.no_missing", "missing", ("c.col_table", "c.col_gaps", "c.col_absent"))


def used_tables(desk: Desk) -> list[str]:
    """Tables that were read and that a chapter of this report rests on."""
    return [t for t in desk.inp.quality.tables if t in NEEDED_HELPING]


def _ordered(table: str, missing: Mapping[str, float]) -> list[tuple[str, float]]:
    """Columns in the order of the contract; one it does not know comes last."""
    order = {c: i for i, c in enumerate(load_contract(table).output_columns)}
    return sorted(missing.items(), key=lambda kv: order.get(kv[0], len(order)))


def _column(desk: Desk, table: str, column: str) -> Inline:
    """The Chinese header of the contract; in English the column's name."""
    known = load_contract(table)
    text = known.column_of_output(column).zh if desk.lang == "zh" and column in known.output_columns else column
    return _text(desk, text, f"{table}.{column}")


def _share(desk: Desk, table: str, column: str, share: float) -> Inline:
    return desk.number(share, "share", f"quality.{table}.{column}.missing", _ground(desk), "pct2")


def _table_or(desk: Desk, rows: list, title: str, otherwise: str, key: str, heads: Iterable[str]) -> Block:
    """The table, or the sentence that there is nothing to list."""
    say = desk.say
    if not rows:
        return Paragraph(say(otherwise))
    columns = tuple(Column(say.word(h), "right" if h in _NUMERIC else "left") for h in heads)
    return Table(title=say.word(title), columns=columns, rows=tuple(rows), key=key, n=_n(desk), source=say("source.ledger"))


_NUMERIC = {"c.col_rows", "c.col_count", "c.col_first"}


def _table_name(desk: Desk, table: str) -> str:
    known = desk.inp.quality.tables.get(table)
    return known.zh if known is not None and desk.lang == "zh" else table


def appendix_e(desk: Desk) -> Chapter:
    """Command, parameters, code, rule book, versions, digests of the input files."""
    say, made = desk.say, desk.inp.provenance
    blocks: list[Block] = [Paragraph(say("e.intro")), Heading(say.word("e.command_heading"))]
    if made.command:
        blocks.append(Paragraph(say("e.command", command=run("command", made.command))))
    parameters = [(str(k), param(str(k), v, str(v) if str(v) else "—")) for k, v in made.parameters.items()]
    blocks.append(_pairs(desk, "e.parameters_table", parameters, "col.value", "parameters"))
    state = say.word("e.modified" if made.is_modified else "e.clean")
    code: list[tuple[Inline, Inline]] = [
        (say.word("e.commit"), run("commit", made.commit) if made.commit else say.word("e.no_commit")),
        (say.word("e.tree"), state if made.commit else say.word("e.no_commit")),
        (say.word("e.rules_digest"), run("rules_digest", made.rules_digest) if made.rules_digest else "—"),
    ]
    if made.changed_rules:
        code.append((say.word("e.changed"), say.listed([run(f"changed.{r}", r) for r in made.changed_rules])))
    versions = [(run(f"package.{k}", k), run(f"version.{k}", v)) for k, v in made.versions.items()]
    blocks += [
        Heading(say.word("e.code_heading")),
        _pairs(desk, "e.code_table", code, "col.value", "code"),
        _pairs(desk, "e.versions_table", versions, "e.col_version", "versions"),
        Heading(say.word("e.inputs_heading")),
    ]
    inputs = [(run(f"file.{k}", k), run(f"sha.{k}", v)) for k, v in made.inputs.items()]
    blocks.append(_pairs(desk, "e.inputs_table", inputs, "e.col_hash", "inputs") if inputs else Paragraph(say("e.no_inputs")))
    return Chapter("附录E", say.word("chapter.e"), tuple(blocks))


def _pairs(desk: Desk, title: str, rows: list, head: str, key: str) -> Table:
    say = desk.say
    columns = (Column(say.word("e.col_name"), width=0.3), Column(say.word(head), width=0.7))
    return Table(title=say.word(title), columns=columns, rows=tuple(rows), key=key)
