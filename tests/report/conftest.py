"""A small report with every kind of block, made as chapters make theirs."""

from __future__ import annotations

import io

import pytest

from evaltools.report.binding import count, day, num, param
from evaltools.report.blocks import (
    Bound,
    Bullets,
    Callout,
    Chapter,
    Column,
    Document,
    Figure,
    Ground,
    Heading,
    Paragraph,
    Ref,
    Table,
)
from evaltools.report.inline import Styled

SURVEY = Ground("data", ("survey",), "漏评人口 / 未建档户籍人口", 412)
RULE = Ground("rule", rules=("gate.omission_rate_max",), formula="参照国家贫困县退出标准")
COUNTIES = ("梅江区", "梅县区", "大埔县", "丰顺县", "五华县", "平远县", "蕉岭县", "兴宁市")


def share(x: float, ref: str) -> Bound:
    return num(x, ref=ref, ground=SURVEY, unit="share")


def picture(values=(0.3, 0.5, 0.9)) -> Figure:
    """A real chart, drawn as the chapters draw theirs."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    from evaltools.report.fonts import chart_family

    with mpl.rc_context({"font.family": chart_family(), "svg.hashsalt": "evaltools", "svg.fonttype": "path"}):
        fig = Canvas(figsize=(6.3, 2.2), layout="constrained")
        ax = fig.subplots()
        ax.barh(["漏评率", "错退率", "塘㙍镇"], values)
        ax.axvline(0.8, color="#d55e00", linestyle="--")
        svg, png = io.StringIO(), io.BytesIO()
        fig.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        fig.savefig(png, format="png", dpi=150, metadata={"Software": None})
    text = svg.getvalue()
    return Figure(
        "退出质量指标", text[text.index("<svg") :], png.getvalue(),
        {"indicator": ["omission", "wrongful_exit", "town"], "estimate": list(values)},
        ("三个指标的点估计与限值（", Bound("≤2%", 0.02, "share", "rule:gate.omission_rate_max", RULE), "）。"),
        source="抽样调查", n=count(412, "households", "survey.n", SURVEY), key="gates",
    )  # fmt: skip


def gates_table() -> Table:
    rows = tuple(
        (c, share(0.0123 + i / 500, f"omission.{i}"), share(0.96 - i / 100, f"approval.{i}"),
         count(40 + i, "households", f"n.{i}", SURVEY, with_unit=False), "达标" if i < 5 else "样本不足以判定")
        for i, c in enumerate(COUNTIES)
    )  # fmt: skip
    columns = (Column("县（市、区）"), Column("漏评率", "right"), Column("群众认可度", "right"),
               Column("样本", "right", unit="户"), Column("判定"))  # fmt: skip
    return Table(
        "各县退出质量", columns, rows, key="gates-table", n=count(412, "households", "survey.n", SURVEY),
        source="抽样调查", note="区间为双侧。", emphasis=((7, 1), (7, 4)),
    )  # fmt: skip


def make_document(rate: float = 0.0123, *, synthetic: bool = True) -> Document:
    rate_ = share(rate, "gate.omission_rate")
    limit = Bound("≤2%", 0.02, "share", "rule:gate.omission_rate_max", RULE)
    cite = Bound("粤发〔2016〕13号 第3条", "粤发〔2016〕13号 第3条", "citation", "cite:exit", RULE)
    summary = Chapter("", "摘要", (
        Callout(("漏评率 ", rate_, "，限值 ", limit, "，样本不足以判定。"), "总体结论", "warn"),
        Paragraph("汫洲镇与塘㙍镇的调查结果见", Ref("gates-table"), "和", Ref("gates"), "。", "依据：", cite, "。"),
        picture(),
        Bullets(
            ("加大漏评排查力度", ("优先核查", Styled("大埔县"), "，漏评率", share(0.0163, "omission.2"))), ordered=True
        ),
    ))  # fmt: skip
    two = Chapter("二", "贫困退出质量", (
        Heading("两不愁三保障"),
        Paragraph("漏评率为", rate_, "，未超过限值", limit, "；依据", cite, "。" + "各县情况如下，" * 12),
        gates_table(),
        Heading("收入"), Heading("收入构成", 2),
        Paragraph("人均可支配收入", num(12345.6, "yuan", ref="income", ground=SURVEY, unit="yuan"), "。"),
    ))  # fmt: skip
    annex = Chapter("附录E", "复现方法", (Paragraph("按参数重新运行即可。"),))
    meta = {
        "city": "441400", "year": 2020, "as_of": "2020-12-31", "lang": "zh", "synthetic": synthetic,
        "summary": {"overall": "undecided"},
        "lines": (("评估年度", param("year", 2020, "2020年")), ("规则日期", day("as_of", "2020-12-31")),
                  ("被评估市", "梅州市")),
    }  # fmt: skip
    return Document(("梅州市", param("year", 2020, "2020年"), "脱贫攻坚第三方评估报告"), "县区结果与问题清单", meta,
                    (summary, two, annex))  # fmt: skip


@pytest.fixture
def document() -> Document:
    return make_document()


@pytest.fixture(name="make_document")
def make_document_fixture():
    """`make_document(rate, synthetic=...)`: the same report with another number or without the mark."""
    return make_document


@pytest.fixture(name="picture")
def picture_fixture():
    """`picture(values)`: a figure that draws the values."""
    return picture


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The small report in all formats: format -> path."""
    from evaltools.report import write

    return write(make_document(), tmp_path_factory.mktemp("written"))
