"""Closed lists of the rule book: statuses, applicability, and the units, populations and levels read from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evaltools.errors import RuleBookError
from evaltools.standards.yamlfile import Block, Fields, load_yaml
from evaltools.terms import Term

KINDS = ("number", "date", "month_day", "boolean", "code", "list")
SOURCES = ("primary", "secondary", "unverified", "own")


class RuleStatus(Term):
    """What kind of statement a dated value is; `mark_*` are printed beside the citation."""

    PRESCRIBED = "prescribed", "规定", "prescribed"
    PLANNED = "planned", "测算数", "planned figure"
    ACTUAL = "actual", "当年实际数", "figure of the year"
    CLAIMED = "claimed", "文件自述", "claimed by the document"
    ASPIRATIONAL = "aspirational", "力争目标", "aspirational target"
    ANNOUNCED = "announced", "部署方向，未定标准", "announced, without a standard"
    BORROWED = "borrowed", "参照国家贫困县退出标准", "borrowed from the national standard for the exit of poor counties"
    REFERENCE = "reference", "参照外部做法", "borrowed from practice elsewhere"
    SECONDARY = "secondary", "二手来源，原文待核对", "secondary source, original to be checked"
    TO_BE_CONFIRMED = "to_be_confirmed", "待以统计年鉴核实", "to be confirmed against the statistical yearbook"
    METHOD = "method", "本评估方法参数", "method parameter of this evaluation"
    CHANGED = "changed", "使用者改动", "changed by the user"


class Applicability(Term):
    """Whether a rule holds where it is used."""

    IN_SCOPE = "in_scope", "适用", "in scope"
    EXTENDED = "extended", "延伸适用", "extended beyond its scope"
    UNDEFINED = "undefined", "无规定", "no rule defined"


class VillageClass(Term):
    """The villages for which a rule holds."""

    ALL = "all", "所有行政村", "all villages"
    POOR = "poor", "相对贫困村", "relatively poor villages"
    OUTSIDE_POOR = "outside_poor", "相对贫困村以外", "outside the relatively poor villages"
    PROVINCIAL_UNIT = "provincial_unit", "省直和中直驻粤单位帮扶村", "villages helped by provincial and central units"
    PEARL_DELTA_CITY = "pearl_delta_city", "珠三角对口帮扶村", "villages helped by cities of the Pearl River Delta"
    OWN_CITY = "own_city", "本市自行帮扶村", "villages helped by their own city"
    NOT_VILLAGE = "not_village", "不涉及村", "does not concern villages"


@dataclass(frozen=True)
class Word:
    """One entry of a closed list."""

    code: str
    zh: str
    en: str

    def label(self, lang: str = "zh") -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Unit(Word):
    """A unit: its `kind` of value and, for numbers, the range that makes sense."""

    kind: str = "number"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Document:
    """One document of the source list."""

    id: str
    cite: str
    title_zh: str
    title_en: str
    date: str
    level: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """Everything an entry may name."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    comparisons: Mapping[str, Word] = field(default_factory=dict)
    levels: Mapping[str, Word] = field(default_factory=dict)
    populations: Mapping[str, Word] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)


_LISTS = ("units", "comparisons", "levels", "populations")


def load_vocabulary(folders: list[Path]) -> Vocabulary:
    """Read `vocabulary.yaml` and `documents.yaml` of each folder; a word defined twice is refused."""
    found: dict[str, dict] = {name: {} for name in (*_LISTS, "documents")}
    for folder in folders:
        path = folder / "vocabulary.yaml"
        if path.exists():
            _read_words(path, found)
        path = folder / "documents.yaml"
        if path.exists():
            _read_documents(path, found["documents"])
    return Vocabulary(**found)


def _read_words(path: Path, found: dict[str, dict]) -> None:
    top = Fields(load_yaml(path), path.name, "vocabulary")
    top.only(_LISTS)
    for name in _LISTS:
        for code, block in (top.block.get(name) or Block()).items():
            fields = Fields(block, path.name, code)
            if code in found[name]:
                fields.fail(code, f"{name} defines {code!r} twice", expected="each word once")
            found[name][code] = _unit(code, fields) if name == "units" else _word(code, fields)


def _word(code: str, fields: Fields) -> Word:
    fields.only(("zh", "en"))
    return Word(code, fields.text("zh"), fields.text("en"))


def _unit(code: str, fields: Fields) -> Unit:
    fields.only(("zh", "en", "kind", "min", "max"))
    low = float(fields.number("min")) if "min" in fields.block else None
    high = float(fields.number("max")) if "max" in fields.block else None
    return Unit(code, fields.text("zh"), fields.text("en"), fields.choice("kind", KINDS), low, high)


def _read_documents(path: Path, found: dict[str, Document]) -> None:
    top = Fields(load_yaml(path), path.name, "documents")
    top.only(("documents",))
    entries = top.block.get("documents")
    if not isinstance(entries, list):
        raise RuleBookError("no list of documents", where=path.name, expected="documents: [...]")
    for number, block in enumerate(entries, 1):
        fields = Fields(block, path.name, f"document {number}")
        fields.only(("id", "cite", "title", "date", "level", "source", "note"))
        key = fields.text("id")
        fields.entry = key
        if key in found:
            fields.fail("id", f"document {key!r} is listed twice", expected="each document once")
        zh, en = fields.labels("title")
        date = fields.date("date") or ""  # empty when the original was not seen
        found[key] = Document(
            key, fields.text("cite", key), zh, en, date, fields.text("level"),
            fields.choice("source", SOURCES), fields.text("note", ""),
        )  # fmt: skip
