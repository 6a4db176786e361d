"""Households outside the registry: neighbours listed in sampled villages, and the omitted ones. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic import people
from evaltools.synthetic.config import YEARS, calibration, stream, truth_rates
from evaltools.synthetic.frame import Frame
from evaltools.synthetic.panel import INDUSTRIES, composition


@dataclass
class Omission:
    """Omitted households by village, on the full frame (known to the truth alone)."""

    households: np.ndarray
    """(villages,) omitted households."""


@dataclass
class Neighbours:
    """Listed non-registered households of sampled villages, ordered by village; matrices are (households, 5)."""

    village: np.ndarray
    reg_year: np.ndarray
    persons: people.Persons
    omitted: np.ndarray
    counts: dict[str, np.ndarray]
    labour: np.ndarray
    income: np.ndarray
    """True disposable income per head, yuan."""
    money: dict[str, np.ndarray]
    dibao: np.ndarray
    housing: np.ndarray
    water: np.ndarray
    industry: np.ndarray
    loan: np.ndarray
    shock: np.ndarray

    def __len__(self) -> int:
        return len(self.village)


def omitted_by_village(frame: Frame, seed: int) -> Omission:
    """Omitted households of every village: the city's rate exactly, clustered as `truth_rates.yaml` states."""
    rng = stream(seed, frame.city_code, "omission")
    rates = truth_rates()
    rate, icc = rates["cities"][frame.city_code]["omission"], rates["icc"]
    n = frame.nonregistered_households
    k = round(rate * int(n.sum()))
    ab = 1 / icc - 1
    p = rng.beta(rate * ab, (1 - rate) * ab, len(frame)) + 1e-4 * rate
    out = np.zeros(len(frame), dtype=np.int64)
    while k > 0:
        room = n - out
        w = p * room
        draw = np.minimum(rng.multinomial(k, w / w.sum()), np.maximum(room // 2, 0))
        out += draw
        k -= int(draw.sum())
        p = np.maximum(p, 1e-6)
    return Omission(households=out)


def list_neighbours(frame: Frame, omission: Omission, roster: np.ndarray, seed: int) -> Neighbours:
    """A simple random listing of `roster` (villages,) non-registered households in each village."""
    rng = stream(seed, frame.city_code, "neighbours")
    village = np.repeat(np.arange(len(frame)), roster)
    found = np.zeros(len(frame), dtype=np.int64)
    for v in np.flatnonzero(roster):
        k = int(omission.households[v])
        found[v] = rng.hypergeometric(k, int(frame.nonregistered_households[v]) - k, int(roster[v])) if k else 0
    rank = np.arange(len(village)) - np.repeat(np.cumsum(roster) - roster, roster)
    omitted = rank < found[village]
    mean = frame.nonregistered_persons / frame.nonregistered_households
    size_mean = mean[village] * np.where(omitted, 0.8, 1.0)
    sizes = np.clip(1 + rng.poisson(np.maximum(size_mean - 1, 0.2)), 1, 9)
    shuffle = np.lexsort((rng.random(len(village)), village))
    omitted, sizes = omitted[shuffle], sizes[shuffle]
    no_labour = people.has_no_labour(rng, sizes, poor=False)
    reg_year = np.full(len(village), 2016)
    persons = people.compose(rng, sizes, no_labour, reg_year, illness=0.55)
    counts = composition(persons, reg_year)
    labour = np.where(counts["full"] > 0, 0, np.where(counts["partial"] > 0, 1, 2)).astype(np.int8)
    return _economy(rng, village, reg_year, persons, omitted, counts, labour)


def _economy(rng, village, reg_year, persons, omitted, counts, labour) -> Neighbours:
    """Income, housing and the rest of the listed neighbours."""
    n = len(village)
    lines = calibration()["lines"]
    level = rng.normal(-0.10, 0.38, n) - 0.25 * (labour[:, 0] == 2)
    poor = rng.uniform(0.45, 0.93, n)
    income, industry_u = np.zeros((n, 5)), rng.random(n)
    money = {k: np.zeros((n, 5), dtype=np.int32) for k in ("wage", "business", "property", "transfer", "paid")}
    dibao = np.zeros((n, 5), dtype=bool)
    noise = np.exp(rng.normal(0, 0.4, (n, 4)))
    low_dibao = rng.random(n) < 0.5
    for t, year in enumerate(YEARS):
        y_prov = lines["provincial_rural_disposable"][year]
        limit = lines["identification_income"] * lines["price_index"][year]
        usual = np.maximum(y_prov * np.exp(level + rng.normal(0, 0.07, n)), limit * (1.16 + 0.3 * rng.random(n)))
        income[:, t] = np.where(omitted, limit * poor, usual)
        dibao[:, t] = (labour[:, t] == 2) & low_dibao & ~omitted & (income[:, t] < 0.6 * y_prov)
        working = counts["working"][:, t]
        raw = (
            np.stack(
                [
                    0.03 + 0.85 * np.sqrt(working),
                    np.where(industry_u > 0.6, 0.5, 0.05) * (working > 0) + 0.01,
                    np.full(n, 0.03),
                    0.05 + 0.10 * counts["elderly"][:, t] + 0.2 * dibao[:, t],
                ],
                axis=1,
            )
            * noise
        )
        share = raw / raw.sum(axis=1, keepdims=True)
        net = income[:, t] * counts["persons"][:, t]
        money["paid"][:, t] = np.round(net * 0.0004 * noise[:, 1]) * 50
        gross = net + money["paid"][:, t]
        for k, name in enumerate(("wage", "business", "property", "transfer")):
            money[name][:, t] = np.round(share[:, k] * gross / 100) * 100  # listed in round hundreds
        total = sum(money[name][:, t].astype(float) for name in ("wage", "business", "property", "transfer"))
        income[:, t] = (total - money["paid"][:, t]) / counts["persons"][:, t]
    housing = np.where(rng.random(n) < np.where(omitted, 0.3, 0.004), 2, np.where(rng.random(n) < 0.6, 0, 1))
    industry = np.where(industry_u > 0.6, 1 + np.floor((industry_u - 0.6) / 0.4 * (len(INDUSTRIES) - 1)), 0)
    loan = np.where(rng.random(n) < 0.06, np.round(rng.uniform(5, 90, n)) * 1000, 0)
    shock = np.where(rng.random((n, 5)) < 0.05, rng.integers(1, 5, (n, 5)), 0)
    return Neighbours(
        village=village,
        reg_year=reg_year,
        persons=persons,
        omitted=omitted,
        counts=counts,
        labour=labour,
        income=income,
        money=money,
        dibao=dibao,
        housing=np.repeat(housing[:, None], 5, axis=1).astype(np.int8),
        water=np.repeat((rng.random(n) < np.where(omitted, 0.85, 0.998))[:, None], 5, axis=1),
        industry=np.repeat(industry[:, None], 5, axis=1).astype(np.int8),
        loan=np.repeat(loan[:, None], 5, axis=1).astype(np.int32),
        shock=shock.astype(np.int8),
    )
