"""Planted identity numbers, names and phones appear in nothing that is written."""

import zipfile

import pandas as pd
import pytest
from pypdf import PdfReader

from evaltools.provenance import hash_inputs

NAMES, PHONE = ("欧阳测试", "司徒样例"), "13800138000"
TABLES = ("regions", "villages", "households", "persons", "survey", "fund_flows", "price_index")


def identity_number(serial: int) -> str:
    """An 18-digit number of an invented person, with its check digit (GB 11643)."""
    body = f"44142119700101{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@pytest.fixture(scope="module")
def planted(demo, tmp_path_factory):
    """One city of the demo as CSV, with identifiers in their columns and in free text."""
    folder = tmp_path_factory.mktemp("planted")
    for name in TABLES:
        table = pd.read_parquet(demo / f"{name}.parquet")
        if "city_code" in table:
            table = table[table["city_code"].isna() | (table["city_code"] == "441400")]
        if name in ("households", "survey"):
            table = table.reset_index(drop=True)
            key = table["household_id"].rank(method="dense").fillna(0).astype(int) % 900
            table["head_id_number"] = [identity_number(100 + int(k)) for k in key]
            table["phone"] = PHONE
            table["head_name" if name == "households" else "respondent_name"] = [NAMES[int(k) % 2] for k in key]
        if name == "survey":
            table["remarks"] = [f"户主{NAMES[0]}，电话{PHONE}，证件{identity_number(101)}" for _ in range(len(table))]
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "meta.json").write_text((demo / "meta.json").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def texts(folder):
    """Every file of a run as text: archives opened, PDF pages extracted, the rest read as bytes."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace")
        elif path.suffix == ".pdf":
            yield path.name, "".join(page.extract_text() for page in PdfReader(path).pages).replace(" ", "")
        else:
            yield path.name, path.read_bytes().decode("utf-8", "replace")


def test_no_planted_identifier_reaches_any_output(planted, make_reports, tmp_path, caplog, capfd):
    before = hash_inputs(planted)
    make_reports(("meizhou",), planted, tmp_path / "out")
    needles = [*NAMES, PHONE, *(identity_number(n)[:17] for n in range(100, 1000))]
    logged = capfd.readouterr()
    seen = {
        (where, needle)
        for where, text in [*texts(tmp_path / "out"), ("log", caplog.text), ("terminal", logged.out + logged.err)]
        for needle in needles if needle in text
    }  # fmt: skip
    assert not seen
    assert {k: v for k, v in hash_inputs(planted).items() if k in before} == before, "inputs are never changed"


def test_no_committed_file_holds_an_identity_number_or_a_mobile_phone(root):
    import re
    import subprocess

    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    born = rb"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])"
    pattern = re.compile(rb"(?<![0-9A-Za-z])[1-9]\d{5}" + born + rb"\d{3}[0-9Xx](?![0-9A-Za-z])")
    found = []
    for name in listed.decode().split("\0"):
        path = root / name
        if not name or not path.is_file() or path.suffix in (".otf", ".png", ".lock") or name.startswith("tests/"):
            continue
        content = path.read_bytes()
        found += [f"{name}: {m[0][:6].decode()}…" for m in pattern.finditer(content) if is_valid(m[0].decode())]
    assert not found


def is_valid(number: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(number[:17], weights, strict=True)) % 11] == number[17].upper()
