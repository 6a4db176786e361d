"""Structure is numbered once, for every format; what was typed is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaltools.errors import ReportError
from evaltools.report.assemble import assemble, chapter_prefix, chinese
from evaltools.report.blocks import Bound, Chapter, Document, Ground, Heading, Paragraph, Ref, Table
from evaltools.report.inline import Styled

DATA = Ground("data", ("survey",), "mean", 10)


def one(*blocks, number="二", lang="zh") -> Document:
    return Document("题", meta={"lang": lang}, chapters=(Chapter(number, "章", blocks),))


def numbers(document) -> list[str]:
    return [i.number.strip() for c in assemble(document).chapters for i in c.items if i.number]


def test_headings_are_numbered_in_the_official_way():
    blocks = (Heading("甲"), Heading("子", 2), Heading("丑", 2), Heading("寅", 3), Heading("乙"), Heading("卯", 2))
    assert numbers(one(*blocks)) == ["（一）", "1.", "2.", "（1）", "（二）", "1."]
    assert numbers(one(*blocks, number="2", lang="en")) == ["2.1", "2.1.1", "2.1.2", "2.1.2.1", "2.2", "2.2.1"]


def test_a_number_typed_before_a_heading_gives_way_to_the_right_one():
    built = assemble(one(Heading("（五）甲"), Heading("3. 乙", 2)))
    assert [i.number.strip() + built.text(i.block.text) for i in built.chapters[0].items] == ["（一）甲", "1.乙"]
    assert built.unbound == ()


def test_tables_and_figures_carry_their_chapter(document):
    assert [n for n in numbers(document) if n[0] in "表图"] == ["图0-1", "表2-1"]


@pytest.mark.parametrize(
    ("number", "prefix"), [("", "0"), ("二", "2"), ("十", "10"), ("十一", "11"), ("附录A", "A"), ("Appendix E", "E")]
)
def test_chapter_numbers_as_prefix(number, prefix):
    assert chapter_prefix(number) == prefix


def test_chinese_numbers():
    assert [chinese(n) for n in (1, 10, 11, 20, 34)] == ["一", "十", "十一", "二十", "三十四"]


def test_a_reference_shows_the_number_of_its_table():
    built = assemble(one(Paragraph("见", Ref("k"), "。"), Table("表", ("县",), (("甲",),), key="k")))
    assert built.text(built.chapters[0].items[0].block.parts) == "见表2-1。"


def test_a_reference_to_nothing_names_the_keys_there_are():
    with pytest.raises(ReportError, match=r"'gate'.*\n.*gates"):
        assemble(one(Paragraph(Ref("gate")), Table("表", ("县",), (("甲",),), key="gates")))


def test_a_key_used_twice_is_refused():
    table = Table("表", ("县",), (("甲",),), key="k")
    with pytest.raises(ReportError, match="the key 'k'"):
        assemble(one(table, table))


def test_typed_numbers_are_listed_at_the_end_of_appendix_e(document):
    written = Paragraph("走访了35户", Styled("12人"))
    typed = replace(document.chapters[1], blocks=(*document.chapters[1].blocks, written))
    built = assemble(replace(document, chapters=(document.chapters[0], typed, document.chapters[2])))
    assert [(t.numeral, t.text) for t in built.unbound] == [("35", "走访了35户"), ("12", "12人")]
    table = built.chapters[-1].items[-1].block
    assert isinstance(table, Table)
    assert [built.text(c) for c in table.rows[0]] == ["35", "走访了35户", "二 · 正文"]


def test_without_appendix_e_typed_numbers_get_a_chapter_of_their_own():
    built = assemble(one(Paragraph("走访了35户")))
    assert built.chapters[-1].chapter.title == "手工录入的数字"
    assert assemble(one(Paragraph("走访了若干户"))).chapters[-1].chapter.title == "章"


def test_numbers_in_titles_cells_notes_and_alt_texts_are_found_too(picture):
    table = Table("9个县", ("2019年",), (("7",),), note="前3名", n="共5户")
    built = assemble(one(table, replace(picture(), alt="8根柱")))
    assert sorted(t.numeral for t in built.unbound) == ["2019", "3", "5", "7", "8", "9"]


def test_equal_numbers_with_equal_ground_are_one_entry_with_two_places():
    bound = Bound("5%", 0.05, "share", "x", DATA)
    built = assemble(one(Paragraph(bound), Table("表", ("率",), ((bound,),))))
    assert len(built.ids) == 1
    assert len(built.places["n1"]) == 2


def test_a_text_that_does_not_show_its_value_stops_the_report():
    with pytest.raises(ReportError, match="does not show the value"):
        assemble(one(Paragraph(Bound("6%", 0.05, "share", "x", DATA))))
