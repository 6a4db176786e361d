"""The problem list: three classes, evidence, clause, place, size, owner, deadline, advice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from evaltools.errors import ReportError
from evaltools.report.blocks import Ref, Table
from evaltools.report.chapters import build_city_report, findings, readings
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, ProblemClass, entry, ranked
from evaltools.report.inline import inline_parts, plain_text


def problems(report) -> dict[str, list[list[str]]]:
    found = {}
    for b in report.chapter("十").blocks:
        if isinstance(b, Table):
            found[b.key.removeprefix("problems-")] = [[plain_text(c) for c in row] for row in b.rows]
    return found


def test_a_gate_that_is_not_met_is_a_problem_of_the_first_class(reports):
    first = problems(reports["helped", "zh"])["direct"]
    row = next(r for r in first if r[0].startswith("错退率"))
    assert row[1:] == ["五华县", "受访户400户", "参照国家贫困县退出标准", "县（市、区）级", "2020年6月30日（已过期限）"]


def test_open_and_unproven_gates_are_problems_without_a_deadline_of_their_own(reports):
    second = problems(reports["helped", "zh"])["improve"]
    assert any(r[0].startswith("综合贫困发生率") and r[2] == "共需1,234户" and r[5] == "由委托方确定" for r in second)
    assert any(r[0].startswith("群众认可度证据缺失") for r in second)


def test_counties_guarantees_villages_account_and_data_problems_are_listed(reports):
    everything = [r[0] for rows in problems(reports["helped", "zh"]).values() for r in rows]
    for start in (
        "已脱贫户中",
        "住房安全",
        "年末仍有",
        "增减台账有差额−45人",
        "读取数据时剔除5行",
        "未提供数据表：价格指数",
    ):
        assert any(text.startswith(start) for text in everything), start


def test_a_table_this_report_does_not_use_is_no_problem(reports):
    assert "贷款" not in str(problems(reports["helped", "zh"]))


def test_every_problem_points_at_the_table_or_figure_that_shows_it(reports):
    for b in reports["helped", "zh"].chapter("十").blocks:
        if isinstance(b, Table):
            for row in b.rows:
                assert any(isinstance(p, Ref) for p in inline_parts(row[0]))
                assert all(plain_text(cell) for cell in row)


def test_a_city_without_problems_says_so(no_task_input, book):
    from evaltools.intake.quality import QualityReport

    report = build_city_report(replace(no_task_input(), quality=QualityReport()))
    assert "未发现需要列入清单的问题" in plain_text(report.chapter("十").blocks[0].parts)


def test_every_kind_in_the_code_has_a_recommendation_and_none_is_idle():
    folder = Path(findings.__file__).parent
    code = "\n".join(p.read_text(encoding="utf-8") for p in folder.glob("*.py"))
    kinds = set(findings._table()["kinds"])
    used = set(re.findall(r'Finding\(\s*"(\w+)"', code)) | set(re.findall(r'_finding\(\s*desk,\s*"(\w+)"', code))
    used |= {"gate_not_met", "approval_not_met", "helped_not_met", "helped_open"}  # chosen by state
    used |= set(readings.OWNER_KIND.values())
    assert used == kinds


def test_an_unknown_kind_is_refused():
    with pytest.raises(ReportError, match="gate_not_met"):
        entry("gate_not_mett")


def test_classes_come_first_and_heavier_problems_before_lighter():
    made = [
        Finding("errors", ("a",), "", "", "", "x", weight=9),
        Finding("exit_not_met", ("b",), "", "", "", "x", weight=1),
        Finding("gate_not_met", ("c",), "", "", "", "x", weight=5),
    ]
    assert [f.kind for f in ranked(made)] == ["gate_not_met", "exit_not_met", "errors"]
    assert [f.problem_class for f in ranked(made)] == [ProblemClass.DIRECT, ProblemClass.DIRECT, ProblemClass.IMPROVE]


def test_a_deadline_that_lies_ahead_is_not_called_past(helped_input, book):
    inp = helped_input(rules=book.at("2020-06-25", city="441400"))
    import datetime as dt

    desk = Desk(replace(inp, as_of=dt.date(2020, 6, 25)))
    due = Finding("exit_not_met", ("a",), "", "", "", "x").deadline(desk)
    assert plain_text(due) == "2020年6月30日"
