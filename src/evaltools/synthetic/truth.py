"""What is really so in one city: rates on the full frame, each household's truth. The pipeline never reads it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.city import City
from evaltools.synthetic.columns import boolean, number, text, whole
from evaltools.synthetic.config import YEARS, stream
from evaltools.synthetic.neighbours import Omission
from evaltools.synthetic.panel import EXITED, POOR
from evaltools.synthetic.registry import WRONG_KINDS
from evaltools.synthetic.survey import true_approval
from evaltools.synthetic.tables import true_income


def city_rates(city: City, omission: Omission, approval: np.ndarray, seed: int) -> list[dict[str, object]]:
    """True counts and rates of one city by year (persons unless said otherwise), on all villages."""
    frame, panel, reg = city.frame, city.panel, city.registry
    rng = stream(seed, frame.city_code, "omitted persons")
    omitted_persons = _omitted_persons(rng, city, omission)
    rows = []
    for t, year in enumerate(YEARS):
        persons = panel.persons[:, t]
        active = panel.alive[:, t] & ((panel.status[:, t] == POOR) | (panel.status[:, t] == EXITED))
        exited = active & (panel.status[:, t] == EXITED)
        outside = int(np.round(frame.nonregistered_persons * 1.004 ** (year - 2020)).sum())
        hukou = outside + int(persons[active].sum())
        n_exited, n_active = int(persons[exited].sum()), int(persons[active].sum())
        wrong = int(persons[panel.wrong_now[:, t]].sum())
        poor = n_active - n_exited
        rows.append(
            {
                "city_code": frame.city_code,
                "year": year,
                "hukou_persons": hukou,
                "non_registered_persons": outside,
                "non_registered_households": int(frame.nonregistered_households.sum()),
                "omitted_households": int(omission.households.sum()),
                "omitted_persons": omitted_persons,
                "registered_persons": n_active,
                "registered_households": int(active.sum()),
                "exited_persons": n_exited,
                "wrongly_included_persons": int(persons[active & reg.wrong_inclusion].sum()),
                "wrongly_exited_persons": wrong,
                "wrongly_exited_households": int(panel.wrong_now[:, t].sum()),
                "omission_rate": omitted_persons / outside,
                "wrong_inclusion_rate": float(persons[active & reg.wrong_inclusion].sum()) / max(n_active, 1),
                "wrongful_exit_rate": wrong / max(n_exited, 1),
                "wrongful_exit_rate_planned_line": float(persons[panel.wrong_planned[:, t]].sum()) / max(n_exited, 1),
                "composite_incidence": (poor + omitted_persons + wrong) / hukou,
                "public_approval_rate": true_approval(frame, reg, panel, omission, approval, t),
            }
        )
    return rows


def _omitted_persons(rng: np.random.Generator, city: City, omission: Omission) -> int:
    """Persons in omitted households: those listed are known, the others draw their size from the same distribution."""
    frame, near = city.frame, city.near
    listed = np.bincount(near.village[near.omitted], minlength=len(frame))
    rest = np.repeat(np.arange(len(frame)), omission.households - listed)
    mean = (frame.nonregistered_persons / frame.nonregistered_households)[rest] * 0.8
    sizes = np.clip(1 + rng.poisson(np.maximum(mean - 1, 0.2)), 1, 9)
    return int(near.counts["persons"][near.omitted, 4].sum() + sizes.sum())


def household_truth(city: City) -> pa.Table:
    """Households with something to know: wrongly exited, wrongly included, omitted neighbours, with the reason."""
    panel, reg = city.panel, city.registry
    ids = city.household_ids
    wrong = np.flatnonzero(panel.wrong_now.any(axis=1) | reg.wrong_inclusion)
    omitted = np.flatnonzero(city.near.omitted) + len(reg)
    h = np.concatenate([wrong, omitted])
    is_reg = np.arange(len(h)) < len(wrong)
    income = true_income(city)

    def years(k: int, matrix: np.ndarray, default: float) -> np.ndarray:
        return np.where(is_reg, matrix[np.where(is_reg, h, 0), k], default)

    columns = {
        "household_id": text(h, ids),
        "city_code": text(np.zeros(len(h), int), [city.frame.city_code]),
        "is_omitted": boolean(~is_reg),
        "is_wrongly_included": boolean(is_reg & reg.wrong_inclusion[np.where(is_reg, h, 0)]),
        "wrong_exit_kind": text(np.where(is_reg, reg.wrong_exit[np.where(is_reg, h, 0)], 0), WRONG_KINDS),
    }
    for year in (2018, 2020):
        t = YEARS.index(year)
        columns[f"is_wrongly_exited_{year}"] = boolean(years(t, panel.wrong_now, 0) > 0)
        columns[f"is_wrongly_exited_planned_{year}"] = boolean(years(t, panel.wrong_planned, 0) > 0)
        value = np.where(
            is_reg, income[np.where(is_reg, h, 0), t], city.near.income[np.where(is_reg, 0, h - len(reg)), t]
        )
        columns[f"true_income_per_capita_yuan_{year}"] = whole(value)
    return pa.table(columns)


def return_probability(city: City) -> pa.Table:
    """True probability of a return in year + 1 of every household that stands as exited at the end of the year."""
    h, t = np.nonzero(~np.isnan(city.panel.probability))
    following = np.minimum(t + 1, 4)
    returned = (city.panel.change_in[h, following] == 2) & (t < 4)
    return pa.table(
        {
            "household_id": text(h, city.household_ids),
            "year": whole(np.array(YEARS)[t], kind=pa.int16()),
            "city_code": text(np.zeros(len(h), int), [city.frame.city_code]),
            "return_probability": number(city.panel.probability[h, t], 5).cast(pa.float32()),
            "returned_next_year": boolean(np.where(t < 4, returned, -1)),
        }
    )
