"""Where a rule holds: cities and their pairs, the province as a whole, and the class of villages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from evaltools.errors import ScopeError, nearest
from evaltools.standards.pairings import helped_cities
from evaltools.standards.vocabulary import Applicability, VillageClass
from evaltools.standards.yamlfile import Fields
from evaltools.terms import CITIES, City, CityRole

ROLES = tuple(r.value for r in CityRole)


@dataclass(frozen=True)
class AppliesTo:
    """Where a rule holds. `cities` None means everywhere; `province` says whether the province as a whole is meant."""

    cities: frozenset[str] | None
    province: bool
    villages: VillageClass
    elsewhere: Applicability

    def where(self, city: City | None) -> Applicability:
        """Applicability for a city, or for the province as a whole (None)."""
        if self.cities is None:
            return Applicability.IN_SCOPE
        inside = self.province if city is None else city.code in self.cities
        return Applicability.IN_SCOPE if inside else self.elsewhere


def read_applies_to(fields: Fields) -> AppliesTo:
    """The cities, pairs and village class for which the rule holds; all three must be said."""
    if not isinstance(fields.block.get("applies_to"), dict):
        fields.fail("applies_to", "'applies_to' is missing", expected="{cities: ..., pairs: ..., villages: ...}")
    place = Fields(fields.block["applies_to"], fields.file, f"{fields.entry}, key applies_to", fields.error)
    place.only(("cities", "pairs", "villages", "elsewhere"))
    villages = VillageClass(place.choice("villages", [v.value for v in VillageClass]))
    pairs = place.choice("pairs", ("included", "none"))
    if place.block.get("cities") == "all":
        if pairs != "none" or "elsewhere" in place.block:
            place.fail("cities", "pairs or elsewhere in a rule for all cities", expected="pairs: none, no elsewhere")
        return AppliesTo(None, True, villages, Applicability.UNDEFINED)
    named = place.texts("cities") or place.fail("cities", "'cities' is missing or empty", expected="all, or a list")
    codes: set[str] = set()
    for name in named:
        codes |= {name} if name == "province" else _codes(place, name)
    if pairs == "included":
        codes |= {helped for code in tuple(codes) for helped in helped_cities(code)}
    elsewhere = Applicability(place.choice("elsewhere", ("extended", "undefined")))
    return AppliesTo(frozenset(codes - {"province"}), "province" in codes, villages, elsewhere)


def _codes(place: Fields, name: str) -> set[str]:
    if name in ROLES:
        return {c.code for c in CITIES if c.role == name}
    if name == "with_tasks":
        return {c.code for c in CITIES if c.has_tasks}
    known = {c.code: c.code for c in CITIES} | {c.zh: c.code for c in CITIES}
    if name not in known:
        valid = (*known, *ROLES, "with_tasks", "province")
        place.fail("cities", f"unknown city {name!r}", expected=nearest(name, valid))
    return {known[name]}


def evaluation_date(as_of: str | date | None, year: int) -> date:
    """The date whose rules an evaluation of `year` uses: `as_of`, or 31 December. Errors: ScopeError for text that is no
    date, and for a date of another year."""
    text = as_of.isoformat()[:10] if isinstance(as_of, date) else (as_of or "").strip()
    text = text or f"{year}-12-31"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ScopeError(
            f"as_of = {as_of!r} is not a date", expected="YYYY-MM-DD, such as 2020-12-31, or nothing",
            todo="write the date as text with year, month and day",
        ) from None  # fmt: skip
    if day.year != int(year):
        raise ScopeError(
            f"as_of {text} does not lie in the year {year} that is evaluated",
            expected=f"a date from {year}-01-01 to {year}-12-31: lines are those of the year itself (当年)",
            todo="leave as_of empty for 31 December of the year",
        )  # fmt: skip
    return day
