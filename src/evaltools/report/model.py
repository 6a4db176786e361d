"""What a report is made from and what it becomes: `ReportInput` in, `CityReport` out.

`ReportInput` holds results that already passed disclosure control; nothing here opens a table.
A part that does not apply to a city is None, and its chapter says 不适用 or is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from evaltools.errors import ReportError
from evaltools.terms import City, CityRole

if TYPE_CHECKING:
    from evaltools.intake import QualityReport
    from evaltools.standards import Rules


@dataclass(frozen=True)
class Provenance:
    """How the report was made (appendix E). No path of a machine and no clock enters here, so bytes repeat.

    `commit`: git commit of the code, "" when unknown; `is_modified`: whether the tree differed from it;
    `versions`: package -> version; `parameters`: notebook parameters as given; `inputs`: file name -> sha256 hex;
    `rules_digest`: sha256 of the rule book; `changed_rules`: ids of rules changed in a copy; `command`: the line that
    makes this report again.
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
class HelpedCity:
    """One city that a helping city is paired with, and its protected results (None: no data for that city)."""

    city: City
    gates: Any | None = None
    exits: Any | None = None
    villages: Any | None = None


@dataclass(frozen=True)
class ReportInput:
    """Everything a city's report needs.

    `rules`: the snapshot for this city and date (for a helping city: the one of the helping city itself);
    `quality`: the ledger of what was read; `exits`, `villages`, `gates`, `account`, `survey`, `funds`: protected results of
    `evaltools.indicators`, None where the city has no such data or no such task; `helped`: the pairs of a helping city;
    `helper`: the helping city of a helped one; `meta`: meta.json of the data (synthetic, seed, scale).
    """

    city: City
    year: int
    as_of: date
    lang: str
    rules: Rules
    quality: QualityReport
    provenance: Provenance
    meta: Mapping[str, Any] = field(default_factory=dict)
    exits: Any | None = None
    villages: Any | None = None
    gates: Any | None = None
    account: Any | None = None
    survey: Any | None = None
    funds: Any | None = None
    helper: City | None = None
    helped: tuple[HelpedCity, ...] = ()

    def __post_init__(self) -> None:
        if self.lang not in ("zh", "en"):
            raise ReportError(f"language {self.lang!r}", expected="zh or en", where="ReportInput.lang")

    @property
    def is_helping(self) -> bool:
        return self.city.role is CityRole.HELPING

    @property
    def is_synthetic(self) -> bool:
        """Data that does not say it is synthetic is taken as real; data that says so is named on every page."""
        return bool(self.meta.get("synthetic", False))
