"""What the loader refuses, each with file, entry and key: an incomplete rule never becomes a silent default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaltools.errors import RuleBookError
from evaltools.standards import RuleBook, load_yaml, parse_yaml, read_date, read_number

GOOD = """\
chapter: {id: own, zh: 自定, en: Own}
rules:
  - id: own.limit
    label: {zh: 上限, en: limit}
    unit: share
    comparison: "<="
    range: [0, 0.5]
    level: county
    population: poor_persons
    denominator: poor_persons
    applies_to: {cities: [广州], pairs: included, villages: poor, elsewhere: extended}
    values:
      - from: 2017-01-01
        to: 2018-12-31
        value: 0.02
        status: prescribed
        document: 粤发〔2016〕13号
        clause: 第3条
        confirmed: 2020-01-01
      - from: 2019-01-01
        value: 0.01
        status: prescribed
        document: 粤发〔2016〕13号
        clause: 第3条
        confirmed: 2020-01-01
"""


def load(tmp_path: Path, text: str) -> RuleBook:
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    return RuleBook.load(tmp_path)


def test_a_users_folder_extends_the_book(tmp_path):
    book = load(tmp_path, GOOD)
    assert len(book.entries) == len(RuleBook.load().entries) + 1
    assert book.at("2018-06-30", "梅州")["own.limit"].value == 0.02
    assert book.at("2019-06-30", "湛江")["own.limit"].cite().endswith("（延伸适用）")
    assert book.digest != RuleBook.load().digest


SCOPE = "{cities: [广州], pairs: included, villages: poor, elsewhere: extended}"
REFUSED = {
    "range wider than the unit": ("range: [0, 0.5]", "range: [0, 5]", "range"),
    "no inventory number": ("    values:", "    inventory: [第3条]\n    values:", "inventory"),
    "no unit": ("    unit: share\n", "", "unit"),
    "unknown unit": ("unit: share", "unit: percent", "unit"),
    "no comparison": ('    comparison: "<="\n', "", "comparison"),
    "unknown comparison": ('"<="', '"=<"', "comparison"),
    "comparison of another kind": ('"<="', "in", "comparison"),
    "no population": ("    population: poor_persons\n", "", "population"),
    "unknown population": ("    population: poor_persons", "    population: everybody", "population"),
    "unknown denominator": ("denominator: poor_persons", "denominator: everybody", "denominator"),
    "no level": ("    level: county\n", "", "level"),
    "unknown level": ("level: county", "level: state", "level"),
    "no document": ("        document: 粤发〔2016〕13号\n", "", "document"),
    "unknown document": ("粤发〔2016〕13号", "粤发〔2016〕99号", "document"),
    "no clause": ("        clause: 第3条\n", "", "clause"),
    "empty clause": ("clause: 第3条", "clause:", "clause"),
    "no status": ("        value: 0.02\n        status: prescribed\n", "        value: 0.02\n", "status"),
    "unknown status": ("status: prescribed", "status: certain", "status"),
    "status of copies alone": ("status: prescribed", "status: changed", "status"),
    "no stamp": ("        confirmed: 2020-01-01\n", "", "confirmed"),
    "no applies_to": (f"    applies_to: {SCOPE}\n", "", "applies_to"),
    "applies_to without cities": ("cities: [广州], ", "", "cities"),
    "applies_to without pairs": ("pairs: included, ", "", "pairs"),
    "applies_to without villages": ("villages: poor, ", "", "villages"),
    "applies_to without elsewhere": (", elsewhere: extended", "", "elsewhere"),
    "unknown city": ("[广州]", "[广洲]", "cities"),
    "unknown village class": ("villages: poor", "villages: rich", "villages"),
    "elsewhere for all cities": ("cities: [广州], pairs: included", "cities: all, pairs: none", "cities"),
    "no label": ("    label: {zh: 上限, en: limit}\n", "", "label"),
    "label in one language": ("{zh: 上限, en: limit}", "{zh: 上限}", "label"),
    "misspelt key": ("    population:", "    pupulation:", "pupulation"),
    "misspelt value key": ("        clause: 第3条", "        clauze: 第3条", "clauze"),
    "id with capitals": ("id: own.limit", "id: Own.Limit", "id"),
    "no id": ("  - id: own.limit\n    label", "  - label", "id"),
    "value missing": ("        value: 0.02\n", "", "value"),
    "value in percent": ("value: 0.02", "value: 2", "value"),
    "value outside the declared range": ("value: 0.02", "value: 0.6", "value"),
    "value with an exponent": ("value: 0.02", "value: 2e-2", "value"),
    "value with a sign of percent": ("value: 0.02", "value: 2%", "value"),
    "value as text": ("value: 0.02", "value: two", "value"),
    "range upside down": ("[0, 0.5]", "[0.5, 0]", "range"),
    "range of words": ("[0, 0.5]", "[low, high]", "range"),
    "date with slashes": ("from: 2017-01-01", "from: 2017/01/01", "from"),
    "date that does not exist": ("to: 2018-12-31", "to: 2018-02-30", "to"),
    "no start": ("      - from: 2019-01-01\n        value: 0.01", "      - value: 0.01", "from"),
    "ends before it begins": ("to: 2018-12-31", "to: 2016-12-31", "to"),
    "overlapping values": ("to: 2018-12-31", "to: 2019-01-01", "values"),
    "values out of order": ("from: 2019-01-01", "from: 2016-12-31", "values"),
    "two values from one day": ("from: 2019-01-01", "from: 2017-01-01", "values"),
    "values beside undefined": ("    values:\n", "    undefined: 未规定\n    values:\n", "values"),
    "factor unknown": ("    values:\n", "    product: [no.such]\n    values:\n", "values"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_file_entry_and_key(tmp_path, name):
    old, new, key = REFUSED[name]
    assert old in GOOD, "the case no longer changes the text"
    with pytest.raises(RuleBookError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    where = caught.value.where
    assert "own.yaml" in where, where
    assert re.search(rf"key {re.escape(key)}\b", where), where
    assert caught.value.exit_status == 5


def test_two_entries_with_one_id_are_refused(tmp_path):
    twice = GOOD + GOOD[GOOD.index("  - id:") :]
    with pytest.raises(RuleBookError, match=r"two entries with the id 'own\.limit'"):
        load(tmp_path, twice)


def test_an_entry_that_repeats_a_packaged_id_is_refused(tmp_path):
    with pytest.raises(RuleBookError, match=r"gates\.yaml"):
        load(tmp_path, GOOD.replace("own.limit", "gate.omission_rate_max"))


def test_duplicate_key_is_refused_with_its_line(tmp_path):
    with pytest.raises(RuleBookError, match=r"duplicate key 'unit'") as caught:
        load(tmp_path, GOOD.replace("    unit: share\n", "    unit: share\n    unit: yuan\n"))
    assert "own.yaml, line 6" in caught.value.where


def test_an_entry_without_any_value_must_say_why(tmp_path):
    head = GOOD[: GOOD.index("    values:")]
    tail = "    status: prescribed\n    document: 粤发〔2016〕13号\n    clause: 第3条\n    confirmed: 2020-01-01\n"
    with pytest.raises(RuleBookError, match="no value"):
        load(tmp_path, head + tail)
    book = load(tmp_path, head + "    undefined: 文件未定\n" + tail)
    assert book.at("2020-12-31", "梅州")["own.limit"].reason == "文件未定"


def test_a_derived_rule_must_name_rules_with_numbers(tmp_path):
    head = GOOD[: GOOD.index("    values:")].replace("    range: [0, 0.5]\n", "")
    tail = "    status: actual\n    document: 粤发〔2016〕13号\n    clause: 第3条\n    confirmed: 2020-01-01\n"
    for factor in ("no.such.rule", "regime", "exit.household_income_line_actual"):
        with pytest.raises(RuleBookError, match=r"own\.limit, key product"):
            load(tmp_path, head + f"    product: [exit.household_income_share, {factor}]\n" + tail)


def test_a_folder_that_is_none_and_a_file_that_is_not_yaml_are_refused(tmp_path):
    with pytest.raises(RuleBookError, match="not a folder"):
        RuleBook.load(tmp_path / "absent")
    with pytest.raises(RuleBookError, match="not valid YAML"):
        load(tmp_path, "rules: [")
    with pytest.raises(RuleBookError, match="no list of rules"):
        load(tmp_path, "chapter: {id: own, zh: 自定, en: Own}\n")


def test_a_users_document_may_be_cited_once_it_is_listed(tmp_path):
    listed = "documents:\n  - {id: 委托书, title: {zh: 评估委托书, en: Commission}, level: own, source: primary}\n"
    (tmp_path / "documents.yaml").write_text(listed, encoding="utf-8")
    book = load(tmp_path, GOOD.replace("粤发〔2016〕13号", "委托书"))
    assert book.at("2019-06-30", "广州")["own.limit"].cite() == "委托书 第3条"


def test_digest_ignores_the_order_of_keys_and_the_name_of_the_file(tmp_path):
    first = load(tmp_path, GOOD).digest
    moved = GOOD.replace("    unit: share\n", "").replace("    level: county\n", "    level: county\n    unit: share\n")
    assert moved != GOOD
    assert load(tmp_path, moved).digest == first
    (tmp_path / "own.yaml").rename(tmp_path / "another.yaml")
    assert RuleBook.load(tmp_path).digest == first
    (tmp_path / "another.yaml").write_text(GOOD.replace("0.01", "0.011"), encoding="utf-8")
    assert RuleBook.load(tmp_path).digest != first


def test_yaml_guesses_no_types():
    block = parse_yaml("code: 013001\nrate: 2e-2\nanswer: no\nday: 2018-12-31\nnothing: null\nempty:\ntime: 12:30\n")
    assert block == {
        "code": "013001", "rate": "2e-2", "answer": "no", "day": "2018-12-31", "nothing": "null", "empty": "",
        "time": "12:30",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["013", "2e-2", "1_000", "1,000", "0x1F", " 1", "1.", ".5", "nan", "", "+1"])
def test_only_plain_decimals_are_numbers(text):
    with pytest.raises(ValueError, match="plain decimal"):
        read_number(text)


def test_numbers_and_dates_that_are_declared_are_read():
    assert (read_number("0.02"), read_number("20000"), read_number("-3.5")) == (0.02, 20000, -3.5)
    assert isinstance(read_number("20000"), int)
    assert read_date("2018-12-31") == "2018-12-31"
    for text in ("2018-13-01", "20181231", "2018-1-1", None):
        with pytest.raises(ValueError):
            read_date(text)


def test_tags_and_keys_that_are_no_text_are_refused():
    for text in ("a: !!int 3", "? [1, 2]\n: x", "a: !!python/object:os.system x"):
        with pytest.raises(RuleBookError):
            parse_yaml(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(RuleBookError, match=r"absent\.yaml"):
        load_yaml(tmp_path / "absent.yaml")
    (tmp_path / "gbk.yaml").write_bytes("中文".encode("gbk"))
    with pytest.raises(RuleBookError, match="UTF-8"):
        load_yaml(tmp_path / "gbk.yaml")


def test_a_known_chapter_keeps_its_name(tmp_path):
    with pytest.raises(RuleBookError, match="called 退出质量门槛") as caught:
        load(tmp_path, GOOD.replace("{id: own, zh: 自定, en: Own}", "{id: gates, zh: 门槛, en: Limits}"))
    assert "own.yaml" in caught.value.where
    assert load(tmp_path, GOOD.replace("{id: own, zh: 自定, en: Own}", "{id: gates, zh: 退出质量门槛, en: Gates}")).entries
