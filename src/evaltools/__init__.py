"""evaltools: third-party evaluation of poverty alleviation, from dated rules and a city's tables to a signed report.

`import evaltools as ev`, then `ev.CityEvaluation.open("data/demo", city="梅州", year=2020)`. Names load when used, so
that `import evaltools.estimation` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaltools.evaluation import CityEvaluation
    from evaltools.province import ProvinceEvaluation
    from evaltools.standards import RuleBook

__version__ = "0.1.0"
_WHERE = {
    "CityEvaluation": "evaltools.evaluation", "ProvinceEvaluation": "evaltools.province",
    "RuleBook": "evaltools.standards",
}  # fmt: skip
__all__ = ["CityEvaluation", "ProvinceEvaluation", "RuleBook", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'evaltools' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
