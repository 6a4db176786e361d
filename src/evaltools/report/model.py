"""What a report is made from and what it becomes: `ReportInput` in, `CityReport` out.

`ReportInput` holds results that already passed disclosure control (`report.publish`); nothing here opens a table.
A part that a city does not have is None; its chapter says 不适用 or is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaltools.errors import ReportError, nearest
from evaltools.report.blocks import Bound, Chapter, Document
from evaltools.terms import City, CityRole, VerdictState

if TYPE_CHECKING:
    from evaltools.indicators import Gates, Indicator, VillageVerdicts
    from evaltools.indicators.assessment import Assessment
    from evaltools.indicators.bunching import DensityJump
    from evaltools.intake import QualityReport
    from evaltools.standards import Pairings, Rules

LANGUAGES = ("zh", "en")
SUMMARY = "摘要"
NUMBERS = {n: str(i + 1) for i, n in enumerate("一二三四五六七八九十")} | {
    f"附录{c}": f"Appendix {c}" for c in "ABCDEF"
}
"""Chapter number in a Chinese report -> in an English one. Reports are asked for chapters by the Chinese number."""


@dataclass(frozen=True)
class Provenance:
    """How the report was made (appendix E). No path of a machine and no clock enters here, so bytes repeat.

    `commit`: git commit of the code, "" when unknown; `is_modified`: whether the tree differed from it;
    `versions`: package -> version; `parameters`: notebook parameters as given; `inputs`: file name -> sha256 hex;
    `rules_digest`: sha256 of the rule book; `changed_rules`: ids of rules changed in a copy; `command`: the line
    that makes this report again.
    """

    commit: str = ""
    is_modified: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    rules_digest: str = ""
    changed_rules: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class ExitTables:
    """Household exit verdicts as counts that may be published (a withheld count is NA).

    `status`: registry_status (poor|exited|all), households, persons;
    `counties`: exited households by county_code ("" is the city): households, persons, households_<state>,
        households_<state>_planned, sensitive, not_sensitive (to the choice of line);
    `guarantees`: component, county_code, households, met, not_met, evidence_missing, rule_undefined, not_applicable;
    `routes`: route (income|safety_net|unknown), households, met, not_met, evidence_missing, rule_undefined;
    `income`: part (all|near), low, high (yuan), households: exited households on the income route;
    `around`: side (below|above), low, high, households: the bins on both sides of the actual line;
    `jump`: the test of the density at the actual line, None without a line;
    `line_actual`, `line_planned`: yuan a year, None where no line is defined; `band`: width of a bin of `around`.
    """

    year: int
    line_actual: float | None
    line_planned: float | None
    band: float
    status: pd.DataFrame
    counties: pd.DataFrame
    guarantees: pd.DataFrame
    routes: pd.DataFrame
    income: pd.DataFrame
    around: pd.DataFrame
    jump: DensityJump | None = None


@dataclass(frozen=True)
class AccountTables:
    """The registry's account of one year (a withheld count is NA).

    `totals`: unit (households|persons), opening, the flows, expected, closing, residual; `counties`: county_code,
    households, persons (residuals), is_open (has one); `has_opening`: False in the first year of the data;
    `rows`: county × unit lines computed; `offending`: counties with a residual; `missing`: columns without which there
    is no account.
    """

    totals: pd.DataFrame
    counties: pd.DataFrame
    has_opening: bool
    rows: int
    offending: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class FundTables:
    """Money of a helping city, by recipient and year (sums of payments: no household is in them).

    `guidance`: city_code, villages, due_yuan, arrived_yuan, on_time_yuan (NaN where no rule says what is due);
    `split`: city_code, total_yuan, helper_yuan: arrivals of the per-capita input up to the report's year;
    `rows`: payments read.
    """

    guidance: pd.DataFrame
    split: pd.DataFrame
    rows: int


@dataclass(frozen=True)
class Reading:
    """One indicator of the catalogue for this city, as it may be published.

    value : the number, None where it is unknown or withheld; bound : (comparison, limit) of a withheld share, e.g.
    (">=", 0.993); low, high : interval of an estimate from a sample; n : rows behind it; missing_share : rows without
    a known answer; limit, comparison : of its rule; state : against it; best, worst : (county code, value) among the
    counties whose numbers may be printed; numerator, denominator : what a ratio was made of
    """

    entry: Indicator
    value: float | None
    bound: tuple[str, float] | None
    low: float | None
    high: float | None
    n: int | None
    missing_share: float | None
    limit: float | None
    comparison: str
    state: VerdictState
    is_withheld: bool
    best: tuple[str, float] | None
    worst: tuple[str, float] | None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True)
class IndicatorTables:
    """Indicators that a report shows. `readings`: id -> Reading; `missing`: id -> why there is none."""

    readings: Mapping[str, Reading]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class TeamTables:
    """Presence of teams in the relatively poor villages: no household is in it.

    months : month (first day), villages (with a captain in office on that day), share; villages : how many there are;
    rows : posts read
    """

    months: pd.DataFrame
    villages: int
    rows: int


@dataclass(frozen=True)
class ArrivalTables:
    """The per-capita input that arrived, up to the report's date. years : year, payer, yuan; rows : payments read."""

    years: pd.DataFrame
    rows: int


@dataclass(frozen=True)
class HelpedCity:
    """One city a helping city is paired with and its published results; `failure`: why there are none;
    `indicators`: those of its own that speak of the help."""

    city: City
    gates: Gates | None = None
    exits: ExitTables | None = None
    villages: VillageVerdicts | None = None
    failure: str = ""
    indicators: IndicatorTables | None = None


@dataclass(frozen=True)
class ReportInput:
    """Everything a city's report needs.

    `rules`: the snapshot for this city and date; `quality`: the ledger of what was read; `places`: code -> name of
    counties, towns and villages; `exits`, `villages`, `gates`, `account`: results that may be published, None where
    the city has none; `helper`: the helping city of a helped one; for a helping city `helped`: its pairs, `funds`: its
    money; `pairings`: the rule book's pairs, cited where a pair is named; `meta`: meta.json of the data;
    `indicators`: what the chapters show of the catalogue; `teams`, `arrivals`: series for two charts;
    `assessment`: of all cities with tasks, as it may be published; where it is None `assessment_reason` says why;
    `not_compared`: cities that had to be left out of it.
    """

    city: City
    year: int
    as_of: date
    lang: str
    rules: Rules
    quality: QualityReport
    provenance: Provenance = Provenance()
    meta: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    exits: ExitTables | None = None
    villages: VillageVerdicts | None = None
    gates: Gates | None = None
    account: AccountTables | None = None
    helper: City | None = None
    helped: tuple[HelpedCity, ...] = ()
    funds: FundTables | None = None
    pairings: Pairings | None = None
    indicators: IndicatorTables | None = None
    teams: TeamTables | None = None
    arrivals: ArrivalTables | None = None
    assessment: Assessment | None = None
    assessment_reason: str = ""
    not_compared: tuple[City, ...] = ()

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ReportError(f"language {self.lang!r}", expected="zh or en", where="ReportInput.lang")

    @property
    def is_helping(self) -> bool:
        return self.city.role is CityRole.HELPING

    @property
    def is_synthetic(self) -> bool:
        """Whether the data says that it is synthetic; then every page names it so."""
        return bool(self.meta.get("synthetic", False))


@dataclass(frozen=True)
class CityReport:
    """A city's report: `cover` (title page), `chapters`, `chapter("二")`, `numbers`, `save(folder, formats)`."""

    cover: Document
    chapters: tuple[Chapter, ...]

    @property
    def document(self) -> Document:
        """Title page and chapters in one, as the writers take it."""
        return Document(self.cover.title, self.cover.subtitle, self.cover.meta, self.chapters)

    def chapter(self, name: str) -> Chapter:
        """The chapter called `name`: its number (一, 附录A) in either language, or its title. Errors: ReportError."""
        for chapter in self.chapters:
            names = (chapter.number, chapter.title) if chapter.number else (SUMMARY, chapter.title)
            if name in names or NUMBERS.get(name) == chapter.number:
                return chapter
        valid = [c.number or c.title for c in self.chapters]
        raise ReportError(
            f"this report has no chapter {name!r}",
            expected=nearest(name, valid),
            todo="chapters of later issues are absent until they exist",
        )

    @property
    def numbers(self) -> tuple[Bound, ...]:
        """Every number of the report with its ground, in reading order."""
        return tuple(_bounds(self.chapters))

    def save(self, folder: str | Path, formats: Sequence[str] = ("html", "docx", "pdf", "xlsx", "json")) -> Any:
        """Write the report into `folder` (made if absent) in `formats`; returns what the writers return."""
        from evaltools.report import write

        return write(self.document, Path(folder), tuple(formats))


def _bounds(item: Any) -> Iterable[Bound]:
    """The `Bound`s anywhere inside blocks, in order."""
    if isinstance(item, Bound):
        yield item
    elif isinstance(item, tuple | list):
        for part in item:
            yield from _bounds(part)
    elif hasattr(item, "__dataclass_fields__"):
        for name in item.__dataclass_fields__:
            yield from _bounds(getattr(item, name))
