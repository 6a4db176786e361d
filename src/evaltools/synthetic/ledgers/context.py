"""What every ledger needs: the city, its streams of random numbers, and the list of what is planted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from evaltools.synthetic.city import City
from evaltools.synthetic.columns import Labels, text, whole
from evaltools.synthetic.config import YEARS, stream

YEAR = np.array(YEARS)
DAYS = 365
CHECKED = 0.12
"""Part of the exited households of a county that is spot-checked in a year."""


@cache
def planted_kinds() -> dict[str, dict[str, Any]]:
    """Kind -> cities, count, description (planted.yaml)."""
    source = resources.files("evaltools.synthetic").joinpath("planted.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(source)


@dataclass
class Context:
    """One city and the defects planted in it so far."""

    city: City
    seed: int
    planted: list[dict[str, object]] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.city.frame.city_code

    def rng(self, purpose: str) -> np.random.Generator:
        """A stream of its own for each ledger of the city."""
        return stream(self.seed, self.code, f"ledger {purpose}")

    def wants(self, kind: str) -> int:
        """How many records of this kind are to be planted here (0 mostly)."""
        entry = planted_kinds()[kind]
        return int(entry.get("count", 1)) if self.code in entry["cities"] else 0

    def share(self, kind: str) -> float:
        """The share of records of this kind to be planted here (0 mostly)."""
        entry = planted_kinds()[kind]
        return float(entry["share"]) if self.code in entry["cities"] else 0.0

    def plant(self, kind: str, **what: object) -> None:
        """Write down one planted defect: what was done, and to which record."""
        self.planted.append({"kind": kind, "city_code": self.code, **what})

    def choose(self, kind: str, candidates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Candidates (indices) to plant this kind in; none if the kind is not for this city."""
        n = min(self.wants(kind), len(candidates))
        return np.sort(rng.choice(candidates, size=n, replace=False)) if n else np.zeros(0, dtype=np.int64)

    def place(self, village: np.ndarray) -> dict[str, pa.Array]:
        """village_code, county_code and city_code of the given villages; an index below 0 is nowhere."""
        frame = self.city.frame
        county = np.where(village < 0, -1, frame.county[np.maximum(village, 0)])
        return {
            "village_code": text(village, frame.code),
            "county_code": text(county, frame.county_codes),
        } | self.codes(len(village))

    def codes(self, n: int) -> dict[str, pa.Array]:
        return {"city_code": text(np.zeros(n, dtype=np.int64), [self.code])}

    def one(self, letter: str, index: int) -> str:
        """The number of one record, as `number` writes it."""
        return f"{letter}{self.code[:4]}{index + 1:06d}"

    def number(self, letter: str, index: np.ndarray) -> pa.Array:
        """Record numbers: a letter, the city's four digits, six digits."""
        top = int(index.max()) + 1 if len(index) else 0
        return text(index, Labels([f"{letter}{self.code[:4]}{i + 1:06d}" for i in range(top)]))


def years(t: np.ndarray) -> pa.Array:
    """The year column from indices into YEARS."""
    return whole(YEAR[t], kind=pa.int16())


def day_of(rng: np.random.Generator, n: int, first: int = 20, last: int = 350) -> np.ndarray:
    """`n` days of the year, uniform."""
    return rng.integers(first, last, n)
