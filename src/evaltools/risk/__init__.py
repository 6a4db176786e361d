"""Who is likely to fall back: calibrated probability of return to poverty, its reasons, and what to do with it.

The names below are loaded when first used, so that `import evaltools.risk` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaltools.risk.card import model_card
    from evaltools.risk.city import CityRisk, city_risk
    from evaltools.risk.classifier import ReturnRiskClassifier
    from evaltools.risk.drift import monitor
    from evaltools.risk.faults import RiskInputError, RiskWarning
    from evaltools.risk.features import return_sample
    from evaltools.risk.oddsratios import odds_ratios
    from evaltools.risk.province import ProvinceRisk, fit_province
    from evaltools.risk.riskreport import RiskReport
    from evaltools.risk.scenarios import stress
    from evaltools.risk.watchlist import WatchList, watch_list

_HOME = {
    "ReturnRiskClassifier": "classifier",
    "RiskInputError": "faults",
    "RiskWarning": "faults",
    "RiskReport": "riskreport",
    "WatchList": "watchlist",
    "watch_list": "watchlist",
    "stress": "scenarios",
    "monitor": "drift",
    "odds_ratios": "oddsratios",
    "return_sample": "features",
    "fit_province": "province",
    "ProvinceRisk": "province",
    "city_risk": "city",
    "CityRisk": "city",
    "model_card": "card",
}
__all__ = [
    "CityRisk",
    "ProvinceRisk",
    "ReturnRiskClassifier",
    "RiskInputError",
    "RiskReport",
    "RiskWarning",
    "WatchList",
    "city_risk",
    "fit_province",
    "model_card",
    "monitor",
    "odds_ratios",
    "return_sample",
    "stress",
    "watch_list",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"evaltools.risk.{_HOME[name]}"), name)
    raise AttributeError(f"module 'evaltools.risk' has no attribute {name!r}")
