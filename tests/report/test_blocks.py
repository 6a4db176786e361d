"""Blocks: what they refuse, and that JSON keeps them whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evaltools.errors import ReportError
from evaltools.report.blocks import (
    Bound,
    Column,
    Document,
    Figure,
    Ground,
    Heading,
    Paragraph,
    Table,
    plain,
    plain_text,
)
from evaltools.report.inline import Styled
from evaltools.report.serial import decode, encode

DATA = Ground("data", ("survey",), "mean", 10)


def test_every_block_survives_json(document):
    assert decode(json.loads(json.dumps(encode(document), ensure_ascii=False))) == document


def test_a_data_number_without_rows_is_refused():
    with pytest.raises(ReportError, match="without its rows"):
        Ground("data", ("survey",), "mean")


def test_a_rule_number_without_a_rule_is_refused():
    with pytest.raises(ReportError, match="without its rule"):
        Ground("rule", formula="somewhere")


def test_a_number_without_an_id_is_refused():
    with pytest.raises(ReportError, match="without an id"):
        Bound("5%", 0.05, "share", "", DATA)


def test_a_bare_number_cannot_stand_in_a_sentence():
    with pytest.raises(ReportError, match=r"0\.05 in running text"):
        Paragraph("漏评率为", 0.05)  # pyright: ignore[reportArgumentType]


def test_a_row_of_the_wrong_length_names_table_and_row():
    with pytest.raises(ReportError, match="'各县', row 2"):
        Table("各县", (Column("县"), Column("值")), (("甲", "乙"), ("丙",)))


def test_a_figure_needs_a_picture_and_a_heading_a_level_that_exists():
    with pytest.raises(ReportError, match="without a picture"):
        Figure("图", "", b"", {}, "")
    with pytest.raises(ReportError, match="level 4"):
        Heading("过深", 4)


def test_paragraphs_take_parts_loose_or_in_one_tuple():
    bound = Bound("5%", 0.05, "share", "x", DATA)
    assert Paragraph("率", bound, "。") == Paragraph(("率", bound, "。"))
    assert plain_text(Paragraph("率", bound, Styled("高")).parts) == "率5%高"


def test_values_that_two_machines_would_write_differently_are_rounded():
    assert plain(np.float64(0.1) + np.float64(0.2)) == plain(0.3)
    assert plain(np.array([1.0, np.nan])) == (1.0, None)
    assert plain(np.int64(3)) == 3


def test_an_unknown_block_says_run_the_notebook_again():
    with pytest.raises(ReportError, match="run the notebook again"):
        decode({"block": "hologram"})


def test_the_title_page_lines_are_inline_text():
    page = Document("题", meta={"lines": [["年度", ["二〇二〇", Bound("5%", 0.05, "share", "x", DATA)]]]})
    assert plain_text(page.meta["lines"][0][1]) == "二〇二〇5%"
