"""Why this household: what each term adds to its log-odds. The parts and the baseline add up to the prediction exactly.

A part compares the household with the average household of the training rows on that one term; it is what the model
has learned, not a cause that was shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk.columns import Plan, Terms
from evaltools.risk.wording import read_values, sentence, word

REST = "(rest)"


@dataclass(frozen=True)
class Reasons:
    """parts : (n, terms) additions to the log-odds. baseline : log-odds of the average household.
    terms: what each household showed. `index` is that of the table explained."""

    names: tuple[str, ...]
    parts: np.ndarray
    baseline: float
    terms: Terms
    plan: Plan
    index: pd.Index

    @property
    def log_odds(self) -> np.ndarray:
        """(n,) baseline + sum of parts: the model's prediction."""
        return self.baseline + self.parts.sum(axis=1)

    def to_frame(self) -> pd.DataFrame:
        """(n, 1 + terms): baseline and one column a term, summing to the log-odds."""
        out = pd.DataFrame(self.parts, columns=list(self.names), index=self.index)
        out.insert(0, "baseline", self.baseline)
        return out

    def top(self, k: int = 3, *, only_raising: bool = False) -> pd.DataFrame:
        """The k strongest reasons of each household, long: row, rank, term, cause, log_odds, odds_ratio, zh, en.

        With only_raising, reasons that lower the risk are not listed. A last line a household, term "(rest)", holds
        the sum of all terms not listed, so that baseline + lines = log-odds.
        """
        k = min(k, self.parts.shape[1])
        weight = self.parts if only_raising else np.abs(self.parts)
        order = np.argsort(-weight, axis=1, kind="stable")[:, :k]
        picked = np.take_along_axis(self.parts, order, axis=1)
        shown = (picked > 0) if only_raising else (picked != 0)
        rest = self.parts.sum(axis=1) - np.where(shown, picked, 0.0).sum(axis=1)
        n = len(self.parts)
        lines = pd.DataFrame(
            {
                "row": np.repeat(np.arange(n), k), "rank": np.tile(np.arange(1, k + 1), n),
                "j": order.ravel(), "log_odds": picked.ravel(),
            }
        )[shown.ravel()]  # fmt: skip
        last = pd.DataFrame({"row": np.arange(n), "rank": k + 1, "j": -1, "log_odds": rest})
        out = pd.concat([lines, last]).sort_values(["row", "rank"], kind="stable", ignore_index=True)
        return self._worded(out)

    def _worded(self, out: pd.DataFrame) -> pd.DataFrame:
        j, rows, gain = out["j"].to_numpy(), out["row"].to_numpy(), out["log_odds"].to_numpy()
        odds = np.exp(gain)
        zh, en = np.empty(len(out), object), np.empty(len(out), object)
        cause, name = np.empty(len(out), object), np.empty(len(out), object)
        for term in np.unique(j):
            at = j == term
            if term < 0:
                name[at], cause[at] = REST, None
                zh[at], en[at] = "其余因素合计", "all other terms together"
                continue
            words = word(self.plan.terms[term])
            name[at], cause[at] = self.names[term], words.cause
            up, gains = gain[at] > 0, odds[at]
            for lang, into in (("zh", zh), ("en", en)):
                values = read_values(self.plan.terms[term], self._shown(term, rows[at]), lang)
                into[at] = [sentence(words, v, u, o, lang) for v, u, o in zip(values, up, gains, strict=True)]
        out = out.assign(term=name, cause=cause, odds_ratio=odds, zh=zh, en=en)
        out["household"] = self.index.to_numpy()[rows]
        return out[["household", "row", "rank", "term", "cause", "log_odds", "odds_ratio", "zh", "en"]]

    def _shown(self, term: int, rows: np.ndarray) -> np.ndarray:
        spec = self.plan.terms[term]
        if spec.is_category:
            return self.terms.codes[rows, self.plan.categories.index(spec)]
        return self.terms.numbers[rows, self.plan.numbers.index(spec)]
