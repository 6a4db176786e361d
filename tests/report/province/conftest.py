"""The province's report from three cities of the demo data: in Chinese from the executed notebook, in English as built."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest

from evaltools import batch
from evaltools.indicators.assessment.observed import reconcile
from evaltools.report import document_from_notebook
from evaltools.report.province import ProvinceReport, build_province_report
from evaltools.report.province.claims import chapter_claims
from evaltools.report.province.desk import ProvinceDesk
from evaltools.standards import Claims

THREE = ("440900", "441400", "441800")
"""茂名 misses a gate; 梅州 and 清远 are owed guidance funds."""


@pytest.fixture(scope="session")
def three_cities(demo, tmp_path_factory):
    """The demo data of three cities: the other eleven with tasks have no rows."""
    out = tmp_path_factory.mktemp("three")
    for path in demo.glob("*.parquet"):
        frame = pq.read_table(path).to_pandas(types_mapper=pd.ArrowDtype)
        if "city_code" in frame:
            frame = frame[frame["city_code"].isin(THREE) | frame["city_code"].isna()]
        frame.to_parquet(out / path.name, index=False)
    (out / "meta.json").write_bytes((demo / "meta.json").read_bytes())
    return out


@pytest.fixture(scope="session")
def notebook(root, tmp_path_factory):
    """The notebook with one hidden cell more, which hands over what its report was made from: evaluated only once."""
    folder = tmp_path_factory.mktemp("notebook")
    book = nbformat.read(root / "notebooks" / "province_report.ipynb", as_version=4)
    code = (
        "import pickle\nfrom pathlib import Path\nfrom evaltools.province.report_input import report_input\n"
        f"_ = Path({str(folder / 'input')!r}).write_bytes(pickle.dumps(report_input(evaluation)))"
    )
    book.cells.append(nbformat.v4.new_code_cell(code, metadata={"tags": ["hide"]}))
    nbformat.write(book, folder / "province_report.ipynb")
    return folder / "province_report.ipynb"


@pytest.fixture(scope="session")
def inp(folder, notebook):
    """What the report of the executed notebook was made from."""
    return pickle.loads((notebook.parent / "input").read_bytes())


@pytest.fixture(scope="session")
def in_language(inp):
    """`in_language("en", **changes)`: the input in a language, with parts of it changed."""

    def make(lang="zh", **changes):
        cities = {code: replace(one, lang=lang) for code, one in inp.cities.items()}
        return replace(inp, lang=lang, cities=cities, **changes)

    return make


@pytest.fixture(scope="session")
def run(three_cities, notebook, tmp_path_factory):
    """The notebook executed through the batch, once: (jobs, manifest)."""
    given = {"year": "2020", "as_of": "", "data": str(three_cities), "lang": "zh"}
    jobs = batch.plan([given], notebook=notebook, out=tmp_path_factory.mktemp("reports"))
    return jobs, batch.run(jobs, workers=1)


@pytest.fixture(scope="session")
def folder(run):
    """The folder of the five files."""
    jobs, manifest = run
    assert not manifest.failed, manifest.failed[0].reason
    return jobs[0].folder


@pytest.fixture(scope="session")
def zh(folder):
    """What the executed notebook shows."""
    document = document_from_notebook(folder / "notebook.ipynb")
    return ProvinceReport(document, document.chapters)


@pytest.fixture(scope="session")
def en(in_language):
    return build_province_report(in_language("en"))


@pytest.fixture(scope="session")
def real(in_language, inp):
    """The chapter on published figures as if the data were real: only then may they speak of one."""
    observed = {f.claim.id: f.seen for f in inp.claims.figures if f.seen is not None}
    figures = reconcile(Claims.load(), inp.claims.checks, observed, is_synthetic=False)
    meta = {k: v for k, v in inp.meta.items() if k not in ("synthetic", "scale")}
    return chapter_claims(ProvinceDesk(in_language(meta=meta, claims=replace(inp.claims, figures=figures))))


@pytest.fixture(scope="session")
def saved(folder, en, tmp_path_factory):
    """language -> (HTML, report.json) as written."""
    english = tmp_path_factory.mktemp("en")
    en.save(english, formats=("html", "json"))
    found = {}
    for lang, where in (("zh", folder), ("en", english)):
        record = json.loads((where / "report.json").read_text(encoding="utf-8"))
        found[lang] = ((where / "report.html").read_text(encoding="utf-8"), record)
    return found
