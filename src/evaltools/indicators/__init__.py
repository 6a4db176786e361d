"""Verdicts, gates, accounts and the indicator catalogue: from tables and rules to results with their ground."""

from evaltools.indicators.account import stock_flow
from evaltools.indicators.disclosure import Protected, protect
from evaltools.indicators.exits.household import household_exits
from evaltools.indicators.exits.result import ExitVerdicts, StockFlow, VillageVerdicts
from evaltools.indicators.exits.village import village_exits
from evaltools.indicators.targeting.compute import gates, helped_gates
from evaltools.indicators.targeting.protected import protect_gates
from evaltools.indicators.targeting.result import Gate, GateResult, Gates, HelpedGates, Unknowns, Variant
from evaltools.indicators.value import Source, Value

__all__ = [
    "ExitVerdicts", "Gate", "GateResult", "Gates", "HelpedGates", "Protected", "Source", "StockFlow", "Unknowns",
    "Value", "Variant", "VillageVerdicts", "gates", "helped_gates", "household_exits", "protect", "protect_gates",
    "stock_flow", "village_exits",
]  # fmt: skip
