"""From the drawn list through the questionnaire back into the survey table, with nothing typed in between."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaltools.cli import app
from evaltools.intake import load_contract, read_table
from evaltools.intake.xlsform import FROM_SAMPLE, questions

GROUPS = (("registered_labour", "exited"), ("non_registered", "never"), ("registered_no_labour", "registered"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six villages of two counties, with a roster of thirty households each."""
    out = tmp_path_factory.mktemp("draw")
    villages = [
        {"village_code": f"{county}00120{v}", "name": f"村{v}", "year": 2020, "city_code": "441400", "county_code": county,
         "hukou_households": 300 + 10 * v}
        for county in ("441402", "441403") for v in range(3)
    ]  # fmt: skip
    pd.DataFrame(villages).to_csv(out / "villages.csv", index=False)
    roster = [
        {"village_code": v["village_code"], "household_id": f"H{i:02d}{j:03d}", "group": GROUPS[j % 3][0], "persons": 1 + j % 6,
         "registry_status": GROUPS[j % 3][1], "identification_year": None if j % 3 == 1 else 2016}
        for i, v in enumerate(villages) for j in range(30)
    ]  # fmt: skip
    pd.DataFrame(roster).to_csv(out / "roster.csv", index=False)
    return out


def draw(folder, *more):
    words = ["sample", "draw", "--seed", "7", "--villages", str(folder / "villages.csv"), "--city", "梅州", "--per-village", "10",
             "--out", str(folder / "sample.xlsx"), *more]  # fmt: skip
    return CliRunner().invoke(app, words)


@pytest.fixture(scope="module")
def sample(folder):
    done = draw(folder, "--roster", str(folder / "roster.csv"), "--form", str(folder / "sample.csv"), "--year", "2020")
    assert done.exit_code == 0, done.output
    return pd.read_csv(folder / "sample.csv", dtype=str, keep_default_na=False)


def test_the_list_has_what_the_questionnaire_looks_up(sample):
    assert set(sample) == {"household_id", "persons", *FROM_SAMPLE}
    assert sample["household_id"].is_unique
    assert set(sample["county_code"]) == {"441402", "441403"}
    assert set(sample["persons"]) <= {str(n) for n in range(1, 7)}
    assert set(sample["identification_year"]) == {"2016", ""}


def test_a_replacement_carries_the_weight_of_the_household_it_stands_in_for(sample, folder):
    listed = pd.read_excel(folder / "sample.xlsx", sheet_name="户", dtype={"行政村代码": str})
    main = set(listed.loc[(listed["用途"] == "正选") & listed["权数"].notna(), "行政村代码"])
    weights = sample[sample["village_code"].isin(main)].groupby(["village_code", "group"])["weight"].unique()
    assert all(len(w) == 1 and float(w[0]) >= 1 for w in weights)
    assert set(sample.loc[~sample["village_code"].isin(main), "weight"]) <= {""}


def test_answers_looked_up_in_the_list_read_straight_back_in(sample, tmp_path):
    asked = [q for q in questions(load_contract("survey")) if q.get("name") and not q["type"].startswith("begin")]
    known = sample[sample["weight"] != ""].head(8)
    rows = []
    for i, row in enumerate(known.to_dict("records")):
        answers = {q["name"]: ("yes" if q["type"].startswith("select_one yes_no") else "") for q in asked}
        answers |= {k: v for k, v in row.items() if k in answers}
        answers |= {"interview_id": f"uuid:{i}", "labour_capacity": "full", "interview_date": "2020-11-03"}
        rows.append({name: value for name, value in answers.items() if name != "position"})
    pd.DataFrame(rows).to_csv(tmp_path / "survey.csv", index=False)
    frame, report = read_table(tmp_path / "survey.csv", "survey")
    assert report.is_clean
    assert frame["weight"].astype(float).round(6).tolist() == known["weight"].astype(float).round(6).tolist()
    assert frame["registry_status"].tolist() == known["registry_status"].tolist()


def test_the_list_needs_a_roster_with_persons_and_status(folder, tmp_path):
    assert "roster" in str(draw(folder, "--form", str(tmp_path / "s.csv")).exception)
    short = tmp_path / "short.csv"
    pd.read_csv(folder / "roster.csv", dtype=str).drop(columns="registry_status").to_csv(short, index=False)
    done = draw(folder, "--roster", str(short), "--form", str(tmp_path / "s.csv"))
    assert "no column 'registry_status'" in str(done.exception)
    twice = pd.read_csv(folder / "roster.csv", dtype=str)
    pd.concat([twice, twice.head(1)]).to_csv(short, index=False)
    assert "twice" in str(draw(folder, "--roster", str(short), "--form", str(tmp_path / "s.csv")).exception)
