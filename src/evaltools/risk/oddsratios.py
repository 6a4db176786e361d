"""The interpretable member as a table a reader can check: odds ratios with cluster-robust intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.columns import Term
from evaltools.risk.design import Piece
from evaltools.risk.wording import ABSENT, natural, word


def odds_ratios(model: ReturnRiskClassifier, level: float = 0.95) -> pd.DataFrame:
    """One row a coefficient: term, zh, en, contrast_zh, contrast_en, odds_ratio, low, high, p.

    A number's contrast is the stretch its slope holds on (income has several); a level's is against the most frequent
    level. These are associations of one member given all others, before the average with the flexible member. Under
    a penalty (few events) ratios are shrunk towards 1 and p says little.
    """
    fitted = model.model_
    z = norm.ppf(0.5 + level / 2)
    rows = []
    for k, piece in enumerate(fitted.logit.pieces, start=1):
        term = fitted.plan.terms[piece.term]
        step = (piece.high - piece.low if piece.kind == "ramp" else 1.0) / piece.scale
        beta, se = float(fitted.logit.beta[k]) * step, float(np.sqrt(fitted.logit.cov[k, k])) * step
        words = word(term)
        rows.append(
            {
                "term": term.name, "zh": words.zh, "en": words.en, "contrast_zh": _contrast(term, piece, "zh"),
                "contrast_en": _contrast(term, piece, "en"), "odds_ratio": np.exp(beta), "low": np.exp(beta - z * se),
                "high": np.exp(beta + z * se), "p": float(2 * norm.sf(abs(beta) / se)) if se > 0 else np.nan,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _contrast(term: Term, piece: Piece, lang: str) -> str:
    if piece.kind == "missing":
        return ABSENT[lang]
    if piece.kind == "ramp":
        low, high = natural(term, np.array([piece.low, piece.high]))
        return f"{low:.3g} → {high:.3g}"
    words, spot = word(term), 0 if lang == "zh" else 1
    labels = [
        words.values.get(term.levels[c], (term.levels[c],) * 2)[spot] if c >= 0 else ABSENT[lang] for c in piece.codes
    ]
    return "、".join(labels) if lang == "zh" else ", ".join(labels)
