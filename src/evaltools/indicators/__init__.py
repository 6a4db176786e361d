"""Verdicts, gates, accounts and the indicator catalogue: from tables and rules to results with their ground."""

from evaltools.indicators.account import stock_flow
from evaltools.indicators.disclosure import Protected, protect
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.result import IndicatorTable
from evaltools.indicators.engine.run import compute_indicators
from evaltools.indicators.exits.household import household_exits
from evaltools.indicators.exits.result import ExitVerdicts, StockFlow, VillageVerdicts
from evaltools.indicators.exits.village import village_exits
from evaltools.indicators.targeting.compute import gates, helped_gates
from evaltools.indicators.targeting.protected import protect_gates
from evaltools.indicators.targeting.result import Gate, GateResult, Gates, HelpedGates, Unknowns, Variant
from evaltools.indicators.value import Source, Value

__all__ = [
    "Catalogue", "ExitVerdicts", "Gate", "GateResult", "Gates", "HelpedGates", "Indicator", "IndicatorTable",
    "Protected", "Source", "StockFlow", "Unknowns", "Value", "Variant", "VillageVerdicts", "compute_indicators",
    "gates", "helped_gates", "household_exits", "protect", "protect_gates", "stock_flow", "village_exits",
]  # fmt: skip
