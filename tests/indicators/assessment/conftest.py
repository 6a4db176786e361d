"""A small province by hand: gates with typed rates, indicators with typed values."""

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators.assessment import Settings
from evaltools.indicators.targeting.result import Gate, GateResult, Gates
from evaltools.indicators.value import Source
from evaltools.standards import RuleBook
from evaltools.terms import VerdictState, city

RULES = {
    Gate.OMISSION: "gate.omission_rate_max", Gate.WRONGFUL_EXIT: "gate.wrongful_exit_rate_max",
    Gate.WRONG_INCLUSION: "gate.wrong_inclusion_rate", Gate.COMPOSITE: "gate.composite_incidence_max",
    Gate.APPROVAL: "gate.public_approval_min",
}  # fmt: skip


@pytest.fixture(scope="session")
def book():
    return RuleBook.load()


@pytest.fixture
def settings():
    return Settings(draws=400)


@pytest.fixture
def gate_of(book):
    """gate_of("梅州", Gate.OMISSION, 0.01, 0.0, 0.02): one result of a city."""

    def make(name, gate, rate, low, high, state=VerdictState.MET, n=300.0):
        where = city(name)
        rule = book.at("2020-12-31", city=where)[RULES[gate]]
        limit = float(rule.value) if rule.is_defined else None
        return GateResult(
            gate=gate, variant="default", area_code=where.code, area_level="city", unit="persons", state=state,
            rate=rate, low=low, high=high, limit=limit, comparison=rule.comparison, n_known=int(n), n_effective=n,
            rule=rule, source=Source(("survey",), "share", int(n), (rule.id,)),
        )  # fmt: skip

    return make


@pytest.fixture
def gates_of(gate_of):
    """gates_of("梅州", omission=(0.01, 0, 0.02)): the five gates of a city, faultless unless said otherwise."""

    def make(name, state=VerdictState.MET, n=300.0, **rates):
        usual = {Gate.APPROVAL: (0.95, 0.92, 0.97)}
        given = {Gate[k.upper()]: v for k, v in rates.items()}
        results = tuple(gate_of(name, g, *{**usual, **given}.get(g, (0.0, 0.0, 0.01)), state=state, n=n) for g in Gate)
        return Gates(city=city(name), year=2020, results=results)

    return make


@pytest.fixture
def item():
    """item("440200", "health", "r1", "i1", 0.5, 1.0): one row as `collect` makes it."""

    def make(code, chapter, rule, indicator, value, limit, **more):
        row = {
            "city_code": code, "chapter": chapter, "rule": rule, "indicator": indicator, "kind": "register",
            "label_zh": indicator, "label_en": indicator, "table": "t", "observation": "village", "unit": "share",
            "is_lower_better": False, "value": value, "low": value, "high": value, "limit": limit, "comparison": ">=",
            "state": "met" if value >= limit else "not_met", "rows": 100.0, "failing": np.nan, "status": "scored",
        }  # fmt: skip
        return row | more

    return make


@pytest.fixture
def frame():
    """Rows of items as a frame with their scores."""
    from evaltools.indicators.assessment.items import _scored

    return lambda rows: _scored(pd.DataFrame(rows))
