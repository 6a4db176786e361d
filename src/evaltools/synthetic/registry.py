"""Who is in the registry: households with their members, when each enters, and what becomes of it. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic import people
from evaltools.synthetic.config import YEARS, CityQuota, calibration, line, stream, truth_rates
from evaltools.synthetic.frame import Frame

STAY, REMOVED, DIED_OUT, MOVED_OUT = range(4)
WRONG_NONE, WRONG_INCOME, WRONG_LINE_CHOICE, WRONG_HOUSING, WRONG_WATER, WRONG_HEALTH, WRONG_NOT_ENROLLED = range(7)
WRONG_KINDS = ("none", "income", "line_choice", "housing", "drinking_water", "healthcare", "not_enrolled")


@dataclass
class Registry:
    """Ever-registered households of one city, ordered by village. Arrays have one entry per household."""

    village: np.ndarray
    fate: np.ndarray
    """STAY, REMOVED, DIED_OUT or MOVED_OUT."""
    reg_year: np.ndarray
    last_year: np.ndarray
    """Last year with a row."""
    moved_in: np.ndarray
    no_labour: np.ndarray
    exit_plan: np.ndarray
    """Year of first exit as planned; people.NEVER when it never comes."""
    identification_income: np.ndarray
    """Yuan a head, nominal, of the year before registration."""
    wrong_inclusion: np.ndarray
    wrong_exit: np.ndarray
    """Index into WRONG_KINDS: what is wrong with this household's exit, known to the truth alone."""
    persons: people.Persons

    def __len__(self) -> int:
        return len(self.village)


def clustered_flags(
    rng: np.random.Generator, village: np.ndarray, eligible: np.ndarray, rate: float, icc: float, n_villages: int
) -> np.ndarray:
    """Flag round(rate x eligible) households, clustered by village (shape as `village`, bool).

    Village rates come from a Beta distribution with mean `rate` and a + b = 1/icc - 1, whose intraclass correlation is
    `icc`; the total is then drawn without replacement in proportion to them, so the city meets its rate exactly.
    """
    pool = np.flatnonzero(eligible)
    k = round(rate * len(pool))
    out = np.zeros(len(village), dtype=bool)
    if k == 0:
        return out
    ab = 1 / icc - 1
    p = rng.beta(rate * ab, (1 - rate) * ab, n_villages) + 1e-4 * rate
    key = rng.exponential(1.0, len(pool)) / p[village[pool]]
    out[pool[np.argsort(key, kind="stable")[:k]]] = True
    return out


def form_registry(quota: CityQuota, frame: Frame, seed: int) -> Registry:
    """All households ever registered in the city with their members and fates."""
    rng = stream(seed, quota.code, "registry")
    inv = calibration()["invented"]
    parts = []
    for g in range(3):
        if quota.households[g]:
            parts.append(
                _stayers(
                    rng,
                    quota.persons[g],
                    np.repeat(np.arange(len(frame)), np.where(frame.group == g, frame.households, 0)),
                )
            )
    village = np.concatenate([p[0] for p in parts])
    sizes = np.concatenate([p[1] for p in parts])
    group = frame.group[village]
    n = len(village)
    new = np.zeros(n, dtype=bool)
    new[rng.choice(n, size=round(n * inv["newly_registered_share"]), replace=False)] = True
    reg_year = np.where(new, _years(rng, inv["newly_registered_in"], n), 2016)
    lost = rng.permutation(np.flatnonzero(new))
    lost_fate = np.where(rng.random(len(lost)) < 0.6, DIED_OUT, MOVED_OUT)
    gone_village = rng.choice(len(frame), size=quota.removed_households, p=_share(frame.households + 0.0))
    gone_sizes = people.draw_sizes(rng, quota.removed_households, quota.removed_persons)
    village = np.concatenate([village, rng.permutation(village)[: len(lost)], gone_village])
    sizes = np.concatenate([sizes, sizes[lost], gone_sizes])
    fate = np.concatenate([np.full(n, STAY), lost_fate, np.full(len(gone_village), REMOVED)])
    reg_year = np.concatenate([reg_year, np.full(len(lost) + len(gone_village), 2016)])
    last = np.concatenate([
        np.full(n, 2020), _years(rng, inv["lost_in"], len(lost)), _years(rng, inv["removed_in"], len(gone_village)),
    ])  # fmt: skip
    group = np.concatenate([group, np.full(len(village) - n, -1)])
    moved_in = np.zeros(len(village), dtype=bool)
    moved_in[:n] = new & (rng.random(n) < 0.2)
    no_labour = people.has_no_labour(rng, sizes)
    order = np.argsort(village, kind="stable")
    village, sizes, fate, reg_year, last, moved_in, no_labour, group = (
        a[order] for a in (village, sizes, fate, reg_year, last, moved_in, no_labour, group)
    )
    persons = people.compose(stream(seed, quota.code, "people"), sizes, no_labour, reg_year)
    persons = _balance(stream(seed, quota.code, "births"), persons, fate, reg_year, group, quota)
    wrong_in, ident = _identification(
        stream(seed, quota.code, "identification"), quota.code, village, fate, reg_year, len(frame)
    )
    exit_plan = _exit_plan(stream(seed, quota.code, "exits"), fate, reg_year, sizes, ident, no_labour)
    wrong = _wrong_exits(
        stream(seed, quota.code, "wrong exits"), quota.code, village, fate, exit_plan, no_labour, len(frame)
    )
    return Registry(
        village=village, fate=fate, reg_year=reg_year, last_year=last, moved_in=moved_in, no_labour=no_labour,
        exit_plan=exit_plan, identification_income=ident, wrong_inclusion=wrong_in, wrong_exit=wrong, persons=persons,
    )  # fmt: skip


def _stayers(rng, persons: int, village: np.ndarray):
    return village, rng.permutation(people.draw_sizes(rng, len(village), persons))


def _share(w: np.ndarray) -> np.ndarray:
    return w / w.sum()


def _years(rng, shares: dict[int, float], n: int) -> np.ndarray:
    return rng.choice(np.array(list(shares)), size=n, p=_share(np.array(list(shares.values()))))


def _balance(rng, persons: people.Persons, fate, reg_year, group, quota: CityQuota) -> people.Persons:
    """Deaths, then as many births and marriages: each group has its quota of persons again at the end of 2020."""
    people.deaths(rng, persons, fate == STAY)
    out = persons
    for g in range(3):
        members = np.flatnonzero((fate == STAY) & (group == g) & (reg_year < 2020))
        if not len(members):
            continue
        mine = (group[persons.household] == g) & (fate[persons.household] == STAY)
        missing = quota.persons[g] - int((mine & (persons.leave > 2020)).sum())
        chosen = rng.choice(members, size=missing, replace=missing > len(members))
        out = people.arrivals(rng, out, chosen, reg_year[chosen])
    return out


def _identification(rng, code: str, village, fate, reg_year, n_villages: int):
    """Wrong-inclusion flags and nominal income a head in the year before registration.

    Rightly included: under 4,000 yuan in 2014 prices (粤发〔2016〕13号 art. 2), by at least 4 %; wrongly included and
    removed households: at least 12 % above it.
    """
    rates, lines = truth_rates(), calibration()["lines"]
    flags = clustered_flags(
        rng, village, fate == STAY, rates["cities"][code]["wrong_inclusion"], rates["icc"], n_villages
    )
    index = np.array([lines["price_index"][int(y)] for y in range(2014, 2021)])[reg_year - 1 - 2014]
    limit = lines["identification_income"] * index
    low = limit * (0.35 + 0.61 * rng.beta(2.6, 1.7, len(village)))
    high = limit * (1.12 + rng.exponential(0.35, len(village)))
    return flags, np.round(np.where(flags | (fate == REMOVED), high, low))


def _exit_plan(rng, fate, reg_year, sizes, ident, no_labour) -> np.ndarray:
    """Year of first exit: the better-off first, in the cumulative shares of persons of the calibration."""
    shares = calibration()["invented"]["exited_share"]
    out = np.full(len(fate), people.NEVER)
    stay = np.flatnonzero(fate == STAY)
    score = np.log(ident[stay]) * 0.8 + rng.gumbel(0, 0.45, len(stay)) - 0.15 * no_labour[stay]
    order = stay[np.argsort(-score, kind="stable")]
    done = np.cumsum(sizes[order]) / sizes[order].sum()
    slot = np.searchsorted(np.array([shares[y] for y in YEARS]), done - 1e-12)
    out[order] = np.where(slot < 5, 2016 + slot, people.NEVER)
    late = (reg_year > 2016) & (out != people.NEVER)
    return np.where(late, np.minimum(np.maximum(out, reg_year + 1), 2020), out)


def _wrong_exits(rng, code: str, village, fate, exit_plan, no_labour, n_villages: int) -> np.ndarray:
    """Which exits are wrong and why (index into WRONG_KINDS)."""
    rates = truth_rates()
    eligible = (fate == STAY) & (exit_plan <= 2020)
    flags = clustered_flags(rng, village, eligible, rates["cities"][code]["wrongful_exit"], rates["icc"], n_villages)
    by_income = np.array([WRONG_INCOME, WRONG_LINE_CHOICE, WRONG_HOUSING, WRONG_WATER, WRONG_HEALTH])
    by_net = np.array([WRONG_NOT_ENROLLED, WRONG_HOUSING, WRONG_WATER, WRONG_HEALTH])
    kind = np.where(
        no_labour, rng.choice(by_net, size=len(fate), p=[0.5, 0.25, 0.15, 0.1]),
        rng.choice(by_income, size=len(fate), p=[0.48, 0.12, 0.20, 0.12, 0.08]),
    )  # fmt: skip
    return np.where(flags, kind, WRONG_NONE)


def exit_ratio_bounds() -> tuple[float, float]:
    """Incomes that pass the planned line but not the actual one, as shares of the latter; 2018 and 2020 alike."""
    planned = calibration()["lines"]["planned_household"]
    return max(planned[y] / line(y) for y in planned) + 0.003, 0.995
