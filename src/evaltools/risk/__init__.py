"""Who is likely to fall back: calibrated probability of return to poverty, its reasons, and what to do with it.

The names below are loaded when first used, so that `import evaltools.risk` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaltools.risk.classifier import ReturnRiskClassifier
    from evaltools.risk.faults import RiskInputError, RiskWarning

_HOME = {
    "ReturnRiskClassifier": "classifier",
    "RiskInputError": "faults",
    "RiskWarning": "faults",
}
__all__ = ["ReturnRiskClassifier", "RiskInputError", "RiskWarning"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"evaltools.risk.{_HOME[name]}"), name)
    raise AttributeError(f"module 'evaltools.risk' has no attribute {name!r}")
