"""An executed notebook becomes a document: chapters, and what evaluators added between them."""

from __future__ import annotations

import base64

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from evaltools.errors import ReportError
from evaltools.report import document_from_notebook
from evaltools.report.blocks import Bullets, Callout, Figure, Heading, Paragraph, Table, plain_text
from evaltools.report.display import MIME, pieces
from evaltools.report.inline import Styled, inline_parts

FRAME = """<div><style scoped>.x{}</style><table border="1" class="dataframe"><thead>
<tr><th></th><th>县</th><th colspan="2" halign="left">漏评率</th></tr>
<tr><th></th><th></th><th>2019</th><th>2020</th></tr></thead>
<tbody><tr><th>0</th><td>梅江区</td><td>1.25%</td><td>1,234.5</td></tr>
<tr><th>1</th><td>大埔县</td><td>NaN</td><td>7</td></tr></tbody>
</table><p>2 rows × 3 columns</p></div>"""


def shown(item) -> list:
    return [new_output("display_data", data=d, metadata=m) for d, m in pieces(item)]


def code(source: str, outputs=(), *, tags=(), count: int | None = 1):
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)})


@pytest.fixture
def saved(document, tmp_path):
    """`saved(*cells)`: the path of a notebook with title page and chapters, `cells` after chapter 二."""

    def save(*cells, cover: bool = True):
        front = [code('city = "meizhou"', tags=["parameters"]), code("report.cover", shown(document)[:1])]
        parts = [code(f"report.chapter({c.title!r})", shown(c)) for c in document.chapters]
        notebook = new_notebook(cells=[*(front if cover else []), *parts[:2], *cells, *parts[2:]])
        path = tmp_path / "notebook.ipynb"
        nbformat.write(notebook, path)
        return path

    return save


def added(path, document) -> list:
    """The blocks of chapter 二 after its own."""
    two = document_from_notebook(path).chapters[1]
    return list(two.blocks[len(document.chapters[1].blocks) :])


def test_what_chapters_display_comes_back_unchanged(saved, document):
    assert document_from_notebook(saved()) == document


def test_prose_lists_quotes_and_tables_of_evaluators_come_out(saved, document):
    text = "## 入户核查\n\n共走访**35**户。\n\n- 饮水\n- 住房\n\n> 存在问题\n\n表：走访情况\n\n"
    text += "| 县 | 户 |\n|:--|--:|\n| 大埔 | 35 |"
    heading, paragraph, bullets, quote, table = added(saved(new_markdown_cell(text)), document)
    assert isinstance(heading, Heading)
    assert (plain_text(heading.text), heading.level) == ("入户核查", 1)
    assert isinstance(paragraph, Paragraph)
    assert Styled("35") in paragraph.parts
    assert isinstance(bullets, Bullets)
    assert isinstance(quote, Callout)
    assert isinstance(table, Table)
    assert (plain_text(table.title), table.columns[1].align) == ("走访情况", "right")


def test_a_first_level_heading_with_a_number_opens_that_chapter(saved):
    chapters = document_from_notebook(saved(new_markdown_cell("# 三、八项工程\n\n正文"))).chapters
    assert [(c.number, c.title) for c in chapters][2] == ("三", "八项工程")
    assert plain_text(chapters[2].blocks[0].parts) == "正文"


def test_a_heading_with_the_number_of_a_chapter_goes_on_with_it(saved, document):
    chapters = document_from_notebook(saved(new_markdown_cell("# 二、补充\n\n正文"))).chapters
    assert [c.number for c in chapters] == [c.number for c in document.chapters]
    assert plain_text(chapters[1].blocks[-1].parts) == "正文"


def test_a_dataframe_loses_its_running_number_and_gets_one_header_row(saved, document):
    out = new_output("execute_result", data={"text/html": FRAME, "text/plain": "..."}, execution_count=3)
    (table,) = added(saved(code("# 表：县级对比\nframe", [out])), document)
    assert [plain_text(c.title) for c in table.columns] == ["县", "漏评率 / 2019", "漏评率 / 2020"]
    assert plain_text(table.title) == "县级对比"
    assert [[plain_text(c) for c in r] for r in table.rows] == [["梅江区", "1.25%", "1,234.5"], ["大埔县", "—", "7"]]
    assert [c.align for c in table.columns] == ["left", "right", "right"]
    assert "2 rows" in plain_text(table.note)


def test_numbers_of_a_dataframe_are_bound_to_the_cell_that_computed_them(saved, document):
    out = new_output("execute_result", data={"text/html": FRAME}, execution_count=3)
    (table,) = added(saved(code("frame = compute()\nframe", [out])), document)
    (bound,) = inline_parts(table.rows[0][1])
    assert (bound.value, bound.source.kind, bound.source.formula) == (0.0125, "notebook", "frame = compute()\nframe")


def test_pictures_of_evaluators_come_out_with_their_title(saved, document, picture):
    png = base64.b64encode(picture().png).decode()
    out = new_output("display_data", data={"image/png": png, "text/plain": "<Figure>"})
    (figure,) = added(saved(code("# 图：走访分布\nplot()", [out])), document)
    assert isinstance(figure, Figure)
    assert (plain_text(figure.title), figure.png) == ("走访分布", picture().png)


def test_a_picture_pasted_into_prose_comes_out(saved, document, picture):
    cell = new_markdown_cell("![入户照片](attachment:a.png)")
    cell["attachments"] = {"a.png": {"image/png": base64.b64encode(picture().png).decode()}}
    (figure,) = added(saved(cell), document)
    assert (plain_text(figure.title), figure.png) == ("入户照片", picture().png)


def test_a_picture_on_the_network_is_refused(saved):
    with pytest.raises(ReportError, match="not in the notebook"):
        document_from_notebook(saved(new_markdown_cell("![照片](https://example.org/a.png)")))


def test_hidden_cells_and_printed_text_stay_out_unless_shown(saved, document):
    text = new_output("stream", name="stdout", text="核对 12 户\n")
    cells = [code("print(1)", [text]), code("print(2)", [text], tags=["show"]),
             code("x", [text], tags=["hide", "show"]),
             new_markdown_cell("内部备注", metadata={"tags": ["hide"]})]  # fmt: skip
    (paragraph,) = added(saved(*cells), document)
    assert plain_text(paragraph.parts) == "核对 12 户"


def test_an_error_cell_is_named_with_its_error(saved):
    bad = new_output("error", ename="KeyError", evalue="'omission'", traceback=["..."])
    with pytest.raises(ReportError, match=r"cell 5 \(gates\['x'\]\): KeyError: 'omission'"):
        document_from_notebook(saved(code("gates['x']", [bad])))


@pytest.mark.parametrize(
    "output",
    [
        new_output("display_data", data={"text/html": "<pre>╭─ Traceback (most recent call last) ─╮ │ V │</pre>",
                                         "text/plain": "╭─ Traceback (most recent call last) ─╮\n│ ValueError: bad │"}),
        new_output("stream", name="stderr", text="Traceback (most recent call last):\n  File\nValueError: bad\n"),
        new_output("execute_result", execution_count=1,
                   data={"text/plain": "\x1b[31mTraceback (most recent call last)\x1b[0m\nValueError: bad"}),
    ],
)  # fmt: skip
def test_a_traceback_that_the_runner_missed_is_an_error_too(saved, output):
    with pytest.raises(ReportError, match="ValueError: bad"):
        document_from_notebook(saved(code("work()", [output])))


def test_an_error_in_a_hidden_cell_counts_and_a_deliberate_one_does_not(saved, document):
    bad = new_output("error", ename="ValueError", evalue="x", traceback=[])
    with pytest.raises(ReportError, match="ValueError"):
        document_from_notebook(saved(code("work()", [bad], tags=["hide"])))
    assert document_from_notebook(saved(code("work()", [bad], tags=["raises-exception"]))) == document


def test_a_cell_that_was_not_run_is_an_error(saved):
    with pytest.raises(ReportError, match="not executed"):
        document_from_notebook(saved(code("work()", count=None)))


def test_a_notebook_without_title_page_says_how_to_get_one(saved):
    with pytest.raises(ReportError, match=r"report\.cover"):
        document_from_notebook(saved(cover=False))


def test_no_notebook_and_no_json_are_errors_of_their_own(tmp_path):
    with pytest.raises(ReportError, match="no notebook"):
        document_from_notebook(tmp_path / "absent.ipynb")
    (tmp_path / "broken.ipynb").write_text("{", "utf-8")
    with pytest.raises(ReportError, match="no readable notebook"):
        document_from_notebook(tmp_path / "broken.ipynb")


def test_a_chapter_shows_its_figures_as_pictures_and_its_numbers_as_json(document):
    outputs = pieces(document.chapters[0])
    assert ["image/png" in d for d, _ in outputs] == [False, False, True, False]
    assert ["text/html" in d for d, _ in outputs] == [True, True, False, True]
    data, metadata = outputs[2]
    assert "svg" not in data[MIME]
    assert metadata["evaltools"]["svg"].startswith("<svg")
