"""Everything generated for one city, before it becomes tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from evaltools.synthetic.columns import Labels
from evaltools.synthetic.frame import Frame
from evaltools.synthetic.natural import Natural
from evaltools.synthetic.neighbours import Neighbours
from evaltools.synthetic.panel import Panel
from evaltools.synthetic.registry import Registry
from evaltools.synthetic.welfare import Welfare


@dataclass
class City:
    """Everything generated for one city, with the names of its households."""

    frame: Frame
    registry: Registry
    panel: Panel
    near: Neighbours
    natural: Natural
    welfare: Welfare
    rebuilt_year: np.ndarray
    """(households,) year a dangerous dwelling was rebuilt, 0 if none."""
    marks: dict[str, np.ndarray] = field(default_factory=dict)
    """Kind of planted defect -> indices of the households, villages or natural villages it sits in."""

    def marked(self, kind: str) -> np.ndarray:
        """Indices with this planted defect; none in most cities."""
        return self.marks.get(kind, np.zeros(0, dtype=np.int64))

    @cached_property
    def household_ids(self) -> Labels:
        """Ids of the registered households, then of the listed neighbours."""
        head = f"H{self.frame.city_code[:4]}"
        return Labels([f"{head}{i + 1:07d}" for i in range(len(self.registry) + len(self.near))])
