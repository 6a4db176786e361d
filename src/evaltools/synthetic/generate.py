"""Generate the synthetic province: tables in one folder, the truth behind them in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from evaltools.errors import ParameterError
from evaltools.synthetic import extras, funds, neighbours, planted, survey, tables, truth, villages
from evaltools.synthetic.city import City
from evaltools.synthetic.config import CityQuota, calibration, make_plan, truth_rates
from evaltools.synthetic.frame import Frame, build_frame, hold_poor_share
from evaltools.synthetic.ledgers import city_ledgers, money, process, province_ledgers
from evaltools.synthetic.ledgers.context import Context
from evaltools.synthetic.natural import settle
from evaltools.synthetic.panel import GONE
from evaltools.synthetic.registry import form_registry
from evaltools.synthetic.simulation import Simulation
from evaltools.synthetic.welfare import provide
from evaltools.synthetic.write import Writers, write_json
from evaltools.terms import CITIES

GENERATOR = "evaltools.synthetic 1"
SMALL_SCALE = 0.05
"""Up to here files are squeezed hard (a demo is committed); above, writing fast matters more."""


@dataclass(frozen=True)
class Built:
    """One city in arrays, with its samples and what only the truth knows."""

    city: City
    psus: dict[str, survey.Psus]
    omission: neighbours.Omission
    approval: np.ndarray
    """(villages,) latent share of approving households."""


@dataclass(frozen=True)
class CityTables:
    """Arrow tables of one city: for the pipeline, and the truth beside them."""

    code: str
    data: dict[str, pa.Table]
    truth: dict[str, pa.Table]
    rates: list[dict[str, object]]
    planted: list[dict[str, object]]
    frame: Frame


def build_city(quota: CityQuota, seed: int, scale: float) -> Built:
    """The arrays of one city: frame, registry, five years, samples, neighbours, natural villages, welfare."""
    frame = build_frame(quota, seed)
    registry = form_registry(quota, frame, seed)
    panel = Simulation(registry, frame, seed).run()
    active = panel.alive[:, 0] & (panel.status[:, 0] != GONE)
    hold_poor_share(frame, registry.village, np.where(active, panel.persons[:, 0], 0))
    psus = {design: survey.draw_psus(frame, design, seed, scale) for design in survey.DESIGNS}
    roster = np.zeros(len(frame), dtype=np.int64)
    for sample in psus.values():
        np.maximum.at(roster, sample.village, sample.roster)
    omission = neighbours.omitted_by_village(frame, seed)
    near = neighbours.list_neighbours(frame, omission, roster, seed)
    now = panel.alive[:, 4] & (panel.status[:, 4] != GONE)
    living = np.bincount(registry.village, weights=np.where(now, panel.persons[:, 4], 0), minlength=len(frame))
    city = City(
        frame, registry, panel, near, settle(frame, living.astype(np.int64), seed),
        provide(registry, panel, frame.city_code, seed), extras.rebuilt_year(panel.bad_housing, panel.exit_year),
    )  # fmt: skip
    return Built(city, psus, omission, survey.approval_by_village(frame, seed))


def interviews(built: Built, ctx: Context) -> tuple[pa.Table, pa.Table]:
    """The field survey of both designs and years, and the satisfaction answers of the main design in 2020."""
    city, parts, answers = built.city, [], []
    for design in survey.DESIGNS:
        for year in calibration()["survey"]["years"]:
            field = survey.Field(
                city.frame,
                city.registry,
                city.panel,
                city.near,
                built.psus[design],
                built.approval,
                design,
                year,
                ctx.seed,
            ).interviews()
            parts.append(tables.survey(city, field, design, year))
            if design == "main" and year == 2020:
                answers.append(process.satisfaction(ctx, field, year, parts[-1]["interview_id"].to_pylist()))
    return pa.concat_tables(parts).unify_dictionaries(), pa.concat_tables(answers)


def simulate(quota: CityQuota, seed: int, scale: float) -> CityTables:
    """All tables of one city. Every random number comes from the city's own streams."""
    built = build_city(quota, seed, scale)
    city = built.city
    ctx = Context(city, seed)
    rates = truth.city_rates(city, built.omission, built.approval, seed)
    behind = {"households_truth": truth.household_truth(city), "return_probability": truth.return_probability(city)}
    for plant in (planted.plant_stock_flow, planted.mark_places, planted.mark_households, planted.mark_persons):
        plant(ctx)
    data = {"loans": money.loans(ctx)}  # plants in the balances of households: before their table
    data["survey"], data["satisfaction"] = interviews(built, ctx)
    data["households"], data["persons"] = tables.households(city, seed), tables.persons(city)
    data["fund_flows"], late = funds.fund_flows(city, quota, seed, data["households"])
    ctx.planted += late
    data["villages"] = villages.villages(city, seed)
    clinic = data["villages"]["has_clinic"].to_numpy(zero_copy_only=False).reshape(len(city.frame), 5)
    data |= city_ledgers(ctx, clinic, extras.monitoring(city, seed)[0])
    return CityTables(quota.code, data, behind, rates, ctx.planted, city.frame)


def generate(
    out: Path | str,
    truth_out: Path | str,
    scale: float = 0.02,
    seed: int = 2020,
    *,
    cities: Sequence[str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write the synthetic province (or some of its cities) to `out`, and the truth to `truth_out`.

    out, truth_out: two different folders, neither inside the other; made if absent, files of the same name replaced.
    scale: 0.01 to 1; 1 is all 161.5万 registered persons. seed: same seed, same bytes.
    cities: division codes to write; all cities with a registry if None (a city's rows do not depend on the others).
    progress: called with (city code, done, total) after each city.

    Raises `ParameterError` for a scale out of range, an unknown city or overlapping folders.
    """
    out, truth_out = Path(out), Path(truth_out)
    _apart(out, truth_out)
    plan = make_plan(scale, seed)
    chosen = _chosen(plan.cities, cities)
    level = 12 if scale <= SMALL_SCALE else 1
    data, behind = Writers(out, level), Writers(truth_out, level)
    rates: list[dict[str, object]] = []
    listed: list[dict[str, object]] = []
    frames: dict[str, Frame] = {}
    try:
        for name, table in province_ledgers(seed, scale).items():
            data.add(name, table)
        for done, quota in enumerate(chosen, start=1):
            result = simulate(quota, seed, scale)
            for name, table in result.data.items():
                data.add(name, table)
            for name, table in result.truth.items():
                behind.add(name, table)
            rates += result.rates
            listed += result.planted
            frames[quota.code] = result.frame
            if progress:
                progress(quota.code, done, len(chosen))
        data.add("regions", villages.regions(frames))
        data.add("price_index", tables.price_index())
        behind.add("city_rates", pa.Table.from_pandas(pd.DataFrame(rates), preserve_index=False))
    except BaseException:
        data.abandon()
        behind.abandon()
        raise
    data.close()
    behind.close()
    meta = {
        "synthetic": True,
        "seed": seed,
        "scale": scale,
        "generator": GENERATOR,
        "village_scale": plan.village_scale,
        "years": calibration()["years"],
        "survey_years": calibration()["survey"]["years"],
    }
    write_json(out / "meta.json", meta)
    write_json(truth_out / "planted.json", {"planted": listed})
    write_json(truth_out / "set_rates.json", {"seed": seed, "scale": scale, **truth_rates()})


def _apart(out: Path, truth_out: Path) -> None:
    a, b = out.resolve(), truth_out.resolve()
    if a == b or a in b.parents or b in a.parents:
        raise ParameterError(
            f"the truth would be written to {truth_out}, the data to {out}",
            expected="two folders, neither inside the other",
            todo="name another folder for the truth",
        )


def _chosen(all_: tuple[CityQuota, ...], cities: Sequence[str] | None) -> list[CityQuota]:
    if cities is None:
        return list(all_)
    known = {q.code: q for q in all_}
    unknown = [c for c in cities if c not in known]
    if unknown:
        names = ", ".join(c.key for c in CITIES if c.code in known)
        raise ParameterError(
            f"no registry is generated for {', '.join(unknown)}", expected=f"codes of {names}", where="cities"
        )
    return [q for q in all_ if q.code in set(cities)]
