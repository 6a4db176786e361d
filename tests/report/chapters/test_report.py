"""The whole report of each kind of city, in both languages."""

from __future__ import annotations

import re

import pytest

from evaltools.errors import ReportError
from evaltools.indicators import coverage
from evaltools.report.assemble import assemble
from evaltools.report.blocks import Figure, Table
from evaltools.report.chapters import build_city_report
from evaltools.report.inline import plain_text
from evaltools.report.publish import publish_exits

KINDS = [(kind, lang) for kind in ("helped", "helping", "no_task") for lang in ("zh", "en")]
CHAPTERS = ("摘要", *"一二三四五六七八九十", "附录A", "附录B", "附录C", "附录D", "附录E", "附录F")


def text_of(report) -> str:
    """Everything that is read, references resolved."""
    from evaltools.report.assemble import all_texts

    built = assemble(report.document)
    return "\n".join(built.text(text) for _, _, text in all_texts(built.document))


@pytest.mark.parametrize("key", KINDS)
def test_no_number_in_the_report_is_typed(reports, key):
    assert assemble(reports[key].document).unbound == ()


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_of_city_answers_for_the_same_chapters(reports, key):
    report = reports[key]
    assert len(report.chapters) == len(CHAPTERS)
    assert [report.chapter(name) for name in CHAPTERS] == list(report.chapters)


def test_a_chapter_that_does_not_exist_is_refused_by_name(reports):
    with pytest.raises(ReportError, match="附录Z"):
        reports["helped", "zh"].chapter("附录Z")


@pytest.mark.parametrize("key", KINDS)
def test_what_cannot_be_measured_is_listed_with_the_evidence_to_collect(reports, key):
    """One line an item of the policy documents that nothing in the data measures; none of them is scored."""
    table = next(b for b in reports[key].chapter("附录C").blocks if isinstance(b, Table) and b.key == "words")
    items = coverage.qualitative()
    assert len(table.rows) == len(items) > 30
    assert not any(item.indicators for item in items)
    assert all(title and evidence for title, evidence in table.rows)
    shown = [item.evidence if key[1] == "zh" else item.evidence_en for item in items]
    assert [str(plain_text(row[1])) for row in table.rows] == shown


@pytest.mark.parametrize("kind", ["helped", "helping", "no_task"])
def test_english_differs_from_chinese_in_words_not_in_numbers(reports, kind):
    def values(lang):
        return {(n.ref, n.value) for n in reports[kind, lang].numbers if isinstance(n.value, int | float)}

    assert values("zh") == values("en")
    prose = re.sub(r"[〔（][^〕）]*[〕）]", "", text_of(reports[kind, "en"]))
    assert len(re.findall(r"[\u4e00-\u9fff]", prose)) < 0.12 * len(prose)  # clauses and place names stay Chinese


@pytest.mark.parametrize("key", KINDS)
def test_every_table_and_figure_has_a_title_and_every_estimate_its_population(reports, key):
    for chapter in reports[key].chapters:
        for block in chapter.blocks:
            if isinstance(block, Table | Figure):
                assert block.title
            if isinstance(block, Figure):
                assert block.n
                assert block.source
                assert block.alt
                assert block.data


def test_synthetic_data_is_named_on_the_title_page_and_first_in_chapter_one(reports):
    report = reports["helped", "zh"]
    assert report.cover.is_synthetic
    assert any("合成数据" in str(text) for _, text in report.cover.meta["lines"])
    assert "随机种子11" in text_of(report)


def test_real_data_is_never_called_synthetic(reports):
    report = reports["helping", "zh"]  # made without meta.json
    assert not report.cover.is_synthetic
    assert "合成" not in text_of(report)


def test_other_results_give_other_numbers(reports, helped_input, make_gates, make_exits):
    exits = publish_exits(make_exits(extra=37), helped_input().rules)
    other = build_city_report(helped_input(gates=make_gates(scale=1.5), exits=exits))
    one, two = ({n.ref: n.text for n in r.numbers if n.source.kind == "data"} for r in (reports["helped", "zh"], other))
    changed = {ref for ref in one if one[ref] != two.get(ref)}
    for ref in (
        "gate.omission_rate.default.441400.rate",
        "gate.wrongful_exit_rate.default.441400.rate",
        "exits.city.households",
        "exits.status.all.households",
    ):
        assert ref in changed


def test_the_same_input_gives_the_same_report(helped_input, reports):
    assert build_city_report(helped_input()) == reports["helped", "zh"]


def test_save_writes_what_the_writers_write(reports, tmp_path):
    reports["no_task", "zh"].save(tmp_path, formats=("html", "json"))
    assert {p.name for p in tmp_path.iterdir()} == {"report.html", "report.json"}


def test_the_cover_tells_the_index_the_verdict_of_every_gate(reports):
    found = reports["helped", "zh"].cover.meta["summary"]
    assert found["overall"] == "not_met"
    assert found["synthetic"]
    assert found["gates"]["漏评率"] == {"text": "0.40%", "value": 0.004, "state": "met"}
    assert found["gates"]["群众认可度"] == {"text": "—", "value": None, "state": "evidence_missing"}
    assert reports["no_task", "zh"].cover.meta["summary"]["overall"] == "not_applicable"


def test_a_helping_city_answers_with_the_worst_of_those_it_helps(reports, helping_input):
    assert reports["helping", "zh"].cover.meta["summary"] == {"overall": "not_met", "synthetic": False, "gates": {}}
    broken = helping_input(helped=helping_input().helped[1:])
    assert build_city_report(broken).cover.meta["summary"]["overall"] == "evidence_missing"
    assert build_city_report(helping_input(helped=())).cover.meta["summary"]["overall"] is None


def test_gates_that_do_not_apply_have_no_tables_of_their_sample(reports):
    keys = {b.key for b in reports["no_task", "zh"].chapter("附录B").blocks if isinstance(b, Table)}
    assert keys == set()
    assert {b.key for b in reports["helped", "zh"].chapter("附录B").blocks if isinstance(b, Table)} == {
        "effective",
        "unknown",
    }
