"""Natural villages: the hukou population of each village split up, with the year each got its road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic.config import YEARS, stream
from evaltools.synthetic.frame import Frame

NEVER = 9999
PERSONS_EACH = 225
"""Hukou persons of a natural village on average (invented)."""


@dataclass
class Natural:
    """Natural villages of one city, ordered by village. One entry each."""

    village: np.ndarray
    persons: np.ndarray
    households: np.ndarray
    paved_from: np.ndarray
    """First year with a paved road; NEVER if none yet."""

    def counts(self, n_villages: int) -> dict[str, np.ndarray]:
        """Per village: natural villages, those of 200 persons or 20 households and more, the paved ones by year."""
        big, many = self.persons >= 200, self.households >= 20
        out = {
            "natural_villages": np.bincount(self.village, minlength=n_villages),
            "nv_ge200_persons": np.bincount(self.village[big], minlength=n_villages),
            "nv_ge20_households": np.bincount(self.village[many], minlength=n_villages),
        }
        for name, which in (("nv_ge200_persons_paved", big), ("nv_ge20_households_paved", many)):
            by_year = [np.bincount(self.village[which & (self.paved_from <= y)], minlength=n_villages) for y in YEARS]
            out[name] = np.stack(by_year, axis=1)
        return out


def settle(frame: Frame, registered_persons: np.ndarray, seed: int) -> Natural:
    """Split each village's hukou population of 2020 into natural villages.

    registered_persons: (villages,) at the end of 2020. In poor villages every natural village of 200 persons or more
    has a paved road by 2020 (S0), and where 广州 helps every one of 20 households or more (穗办〔2018〕31号).
    """
    rng = stream(seed, frame.city_code, "natural villages")
    hukou = frame.nonregistered_persons + registered_persons
    k = np.maximum(np.round(hukou / PERSONS_EACH * rng.uniform(0.8, 1.2, len(frame))), 1).astype(np.int64)
    village = np.repeat(np.arange(len(frame)), k)
    first = np.cumsum(k) - k
    w = rng.gamma(3.0, 1.0, len(village)) + 0.15
    persons = np.floor(hukou[village] * w / np.bincount(village, weights=w)[village]).astype(np.int64)
    persons[first] += hukou - np.bincount(village, weights=persons, minlength=len(frame)).astype(np.int64)
    size = frame.nonregistered_persons / frame.nonregistered_households
    households = np.maximum(np.round(persons / size[village]), 1).astype(np.int64)
    poor = frame.is_poor[village]
    options = np.array([2014, 2016, 2017, 2018, 2019, 2020, NEVER])
    paved = np.where(
        poor,
        rng.choice(options, size=len(village), p=[0.40, 0.10, 0.12, 0.14, 0.12, 0.08, 0.04]),
        rng.choice(options, size=len(village), p=[0.62, 0.07, 0.07, 0.07, 0.06, 0.05, 0.06]),
    )
    guided = np.array([h == "440100" for h in frame.helper_city])[village]
    due = (poor & (persons >= 200)) | (guided & (households >= 20))
    return Natural(village, np.maximum(persons, 1), households, np.where(due, np.minimum(paved, 2020), paved))
