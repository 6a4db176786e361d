"""Registered households year by year: exits, returns, income, guarantees, support. Arrays only."""

from __future__ import annotations

import numpy as np

from evaltools.synthetic import hazard, people
from evaltools.synthetic.config import YEARS, calibration, line, stream
from evaltools.synthetic.frame import Frame
from evaltools.synthetic.panel import EXITED, GONE, INDUSTRIES, POOR, Panel, composition
from evaltools.synthetic.registry import (
    DIED_OUT,
    MOVED_OUT,
    REMOVED,
    STAY,
    WRONG_HEALTH,
    WRONG_HOUSING,
    WRONG_INCOME,
    WRONG_LINE_CHOICE,
    WRONG_NONE,
    WRONG_NOT_ENROLLED,
    WRONG_WATER,
    Registry,
    exit_ratio_bounds,
)

FLOOR = 0.05
"""Smallest log distance above the line of a rightly exited household on the income route (about 5 %, two standard
deviations of the survey's measurement error), so that error rarely turns a right exit into a finding."""


class Simulation:
    """One city, year by year. `run()` returns the finished panel; each step is a method over all households."""

    def __init__(self, reg: Registry, frame: Frame, seed: int) -> None:
        self.reg, self.frame, self.n = reg, frame, len(reg)
        self.rng = stream(seed, frame.city_code, "panel")
        self.model = calibration()["return_model"]
        self.counts = composition(reg.persons, reg.reg_year)
        shape = (self.n, 5)

        def new(dtype: type = np.int16) -> np.ndarray:
            return np.zeros(shape, dtype=dtype)

        year = np.array(YEARS)
        alive = (reg.reg_year[:, None] <= year) & (year <= reg.last_year[:, None])
        labour = np.where(self.counts["full"] > 0, 0, np.where(self.counts["partial"] > 0, 1, 2)).astype(np.int8)
        self.u = self.rng.random((self.n, 6))
        eligible = (labour == 2) | ((labour == 1) & (self.u[:, [0]] < 0.85))
        tekun = (labour == 2) & (self.counts["persons"] == 1) & (self.counts["elderly"] == 1) & (self.u[:, [1]] < 0.30)
        self.p = Panel(
            alive=alive, status=new(np.int8), change_in=new(np.int8), change_out=new(np.int8), exit_year=new(),
            returned_year=new(), persons=self.counts["persons"], persons_start=new(), joined=self.counts["joined"],
            left=self.counts["left"], labour=labour, eligible=eligible, dibao=new(bool), tekun=tekun,
            true_enrolled=new(bool), counts=self.counts, ratio=new(float), true_ratio=new(float), money={},
            shock=new(np.int8), housing=new(np.int8), water=new(bool), support=new(np.int32), loan=new(np.int32),
            industry=new(np.int8), probability=np.full(shape, np.nan), wrong_now=new(bool), wrong_planned=new(bool),
            loan_from=np.zeros(self.n), loan_amount=np.zeros(self.n), loan_overdue=np.zeros(self.n, bool),
            bad_housing=np.zeros(self.n, bool),
        )  # fmt: skip
        self.p.persons_start = (self.counts["persons"] - self.counts["joined"] + self.counts["left"]).astype(np.int16)
        for k in ("wage", "business", "property", "transfer", "paid"):
            self.p.money[k] = new(np.int32)
        self.next_return = np.zeros(self.n)
        self.eta = np.zeros(self.n)
        self.shock_p: np.ndarray | None = None
        self._fixed()

    def _fixed(self) -> None:
        """What a household keeps over the years: taste for industry, loans, housing before help, income noise."""
        r = self.rng
        able = ~self.reg.no_labour
        p = np.array([0.32, 0.32, 0.16, 0.04, 0.05, 0.04, 0.05, 0.02])
        choice = r.choice(len(INDUSTRIES), size=self.n, p=p)
        self.industry = np.where(able | (r.random(self.n) < 0.15), choice, 0).astype(np.int8)
        self.share_noise = np.exp(r.normal(0, 0.35, (self.n, 4)))
        self.p.bad_housing = r.random(self.n) < 0.34
        self.bad_water = r.random(self.n) < 0.12
        chosen = np.where((r.random(self.n) < 0.11) & able, r.integers(2016, 2020, self.n), people.NEVER)
        self.p.loan_from = np.maximum(chosen, self.reg.reg_year)
        self.p.loan_amount = (np.round(r.beta(3, 1.8, self.n) * 49) * 1000 + 1000).astype(np.int32)
        self.p.loan_overdue = self.u[:, 0] < 0.04
        self.support_base = np.exp(r.normal(8.5, 0.6, self.n)) * (r.random(self.n) > 0.05)
        low, high = exit_ratio_bounds()
        self.wrong_ratio = np.where(
            self.reg.wrong_exit == WRONG_LINE_CHOICE, r.uniform(low, high, self.n), r.uniform(0.52, 0.90, self.n)
        )
        self.padding = r.uniform(1.003, 1.045, self.n)
        self.visible = r.random(self.n) < 0.5

    def run(self) -> Panel:
        for t, year in enumerate(YEARS):
            self._status(t, year)
            self._enrolment(t)
            self._conditions(t, year)
            self._income(t, year)
            self._sources(t)
            self._truth(t, year)
            self._hazard(t, year)
        return self.p

    def _status(self, t: int, year: int) -> None:
        """Who enters, exits, returns or leaves in the year."""
        p, reg, r = self.p, self.reg, self.rng
        alive = p.alive[:, t]
        new = alive & (reg.reg_year == year)
        was_poor = alive & ~new & (p.status[:, t - 1] == POOR) if t else np.zeros(self.n, bool)
        was_exited = alive & ~new & (p.status[:, t - 1] == EXITED) if t else np.zeros(self.n, bool)
        if self.shock_p is None:
            self.shock_p = np.tile(np.array([0.94, 0.025, 0.015, 0.012, 0.008]), (self.n, 1))
        shock = hazard.draw_shocks(r, self.shock_p)
        effect = np.array([self.model["shock_effect"][s] for s in hazard.SHOCKS])
        returns = was_exited & (r.random(self.n) < hazard.logistic(self.eta + effect[shock]))
        same_year = returns & (r.random(self.n) < self.model["reexit_same_year"].get(year, 0.0))
        before = p.exit_year[:, t - 1] if t else np.zeros(self.n, np.int16)
        first = (was_poor | new) & (before == 0) & (reg.fate == STAY) & (reg.exit_plan <= year)
        again = was_poor & (before > 0) & (r.random(self.n) < self.model["reexit_next_year"])
        exits = first | again | same_year
        end = alive & (reg.last_year == year)
        out = np.select(
            [exits, end & (reg.fate == REMOVED), end & (reg.fate == DIED_OUT), end & (reg.fate == MOVED_OUT)],
            [1, 2, 3, 4],
        )
        p.change_in[:, t] = np.select([new & reg.moved_in, new, returns], [3, 1, 2])
        p.change_out[:, t] = np.where(alive, out, 0)
        status = np.where(exits | (was_exited & ~returns), EXITED, POOR)
        p.status[:, t] = np.where(end & (reg.fate != STAY), GONE, status)  # its last row: out of the registry
        p.exit_year[:, t] = np.where(exits, year, before)
        p.returned_year[:, t] = np.where(returns, year, p.returned_year[:, t - 1] if t else 0)
        p.shock[:, t] = np.where(alive, shock, 0)

    def _enrolment(self, t: int) -> None:
        """Subsistence allowance (dibao) and destitute support (tekun); exited and eligible means enrolled."""
        p = self.p
        exited = p.status[:, t] == EXITED
        eligible = p.eligible[:, t]
        p.tekun[:, t] &= eligible
        wants = eligible & ~p.tekun[:, t] & (exited | (self.u[:, 2] < 0.62))
        some = ~eligible & (self.u[:, 3] < 0.05)
        p.dibao[:, t] = wants | some
        p.true_enrolled[:, t] = p.dibao[:, t] | p.tekun[:, t]

    def _conditions(self, t: int, year: int) -> None:
        """Housing grade, water, loans, support received."""
        p, r = self.p, self.rng
        exited = p.status[:, t] == EXITED
        bad = p.bad_housing & ~exited
        p.housing[:, t] = np.where(bad, np.where(self.u[:, 4] < 0.6, 2, 3), np.where(self.u[:, 4] < 0.45, 0, 1))
        p.water[:, t] = exited | ~self.bad_water
        years_out = np.where(exited, np.clip(year - p.exit_year[:, t], 0, 4), 0)
        support = self.support_base * 0.78**years_out * np.exp(r.normal(0, 0.3, self.n)) * (r.random(self.n) > 0.06)
        again = p.change_in[:, t] == 2
        p.support[:, t] = np.round(np.where(again, support * 1.8, support) / 10) * 10
        term = (year >= p.loan_from) & (year < p.loan_from + 3)
        late = p.loan_overdue & (year == p.loan_from + 3)
        p.loan[:, t] = np.where(term, p.loan_amount, np.where(late, np.round(p.loan_amount * 0.4), 0))
        p.industry[:, t] = np.where(p.labour[:, t] == 2, 0, self.industry)

    def _income(self, t: int, year: int) -> None:
        """Income per head over the exit line: registry's and true."""
        p, reg, r = self.p, self.reg, self.rng
        n = self.n
        income_route = (p.labour[:, t] == 0) | ~p.eligible[:, t]
        exited = p.status[:, t] == EXITED
        since = np.maximum(year - reg.reg_year + 1, 0)
        poor = np.minimum(reg.identification_income * 1.09**since * np.exp(r.normal(0, 0.06, n)) / line(year), 0.93)
        fallen = r.uniform(0.42, 0.93, n)
        before = np.log(np.maximum(p.ratio[:, t - 1], 0.05)) if t else np.zeros(n)
        start = FLOOR + r.gamma(2.0, 0.10, n)
        x = np.where(before > FLOOR, before - FLOOR, start - FLOOR)
        keeps = FLOOR + np.abs(0.030 + 0.90 * x + r.normal(0, 0.10, n))
        first = (p.change_out[:, t] == 1) | (before <= FLOOR)
        held = np.exp(np.where(first, start, keeps))
        rescued = (p.change_in[:, t] == 2) & exited
        held = np.where(rescued, np.exp(FLOOR + r.exponential(0.05, n)), held)
        net_before = np.where(before < -0.9, -0.3, before)
        net = np.exp(
            np.where(
                p.change_out[:, t] == 1,
                r.normal(-0.28, 0.20, n),
                -0.24 + 0.80 * (net_before + 0.24) + r.normal(0, 0.11, n),
            )
        )
        ratio = np.where(
            exited,
            np.where(income_route, held, np.clip(net, 0.40, 2.5)),
            np.where(p.change_in[:, t] == 2, fallen, poor),
        )
        kind = reg.wrong_exit
        is_wrong_income = exited & income_route & np.isin(kind, (WRONG_INCOME, WRONG_LINE_CHOICE, WRONG_NOT_ENROLLED))
        p.true_ratio[:, t] = np.where(is_wrong_income, self.wrong_ratio, ratio)
        padded = np.where(kind == WRONG_LINE_CHOICE, self.wrong_ratio, self.padding)
        p.ratio[:, t] = np.where(is_wrong_income, padded, ratio)

    def _sources(self, t: int) -> None:
        """Household totals by source that add up to the income per head; whole yuan."""
        p, c, r = self.p, self.counts, self.rng
        noise = self.share_noise * np.exp(r.normal(0, 0.12, (self.n, 4)))
        working = c["working"][:, t].astype(float)
        job_lost = np.where(p.shock[:, t] == 2, 0.45, 1.0)
        wage = (0.02 + 0.85 * np.sqrt(working)) * job_lost
        price = np.where(p.shock[:, t] == 4, 0.55, 1.0)
        business = np.where(p.industry[:, t] > 0, 0.55, 0.04) * price * (working > 0) + 0.01
        transfer = (
            0.05 + 0.10 * c["elderly"][:, t] + 0.30 * (p.dibao[:, t] | p.tekun[:, t]) + 0.10 * (p.labour[:, t] == 2)
        )
        prop = np.full(self.n, 0.02)
        raw = np.stack([wage, business, prop, transfer], axis=1) * noise
        share = raw / raw.sum(axis=1, keepdims=True)
        net = p.ratio[:, t] * line(YEARS[t]) * p.persons[:, t]
        paid = np.round(net * 0.0012 * self.share_noise[:, 1] * (self.u[:, 5] < 0.8)) * 10
        parts = np.round(share * (net + paid)[:, None])
        parts[:, 2] = np.round(parts[:, 2] / 10) * 10
        for k, name in enumerate(("wage", "business", "property", "transfer")):
            p.money[name][:, t] = parts[:, k]
        p.money["paid"][:, t] = paid

    def _truth(self, t: int, year: int) -> None:
        """Who stands as exited but does not meet the standard, by the actual and by the planned line."""
        p, kind = self.p, self.reg.wrong_exit
        exited = p.alive[:, t] & (p.status[:, t] == EXITED)
        income_route = (p.labour[:, t] == 0) | ~p.eligible[:, t]
        lacks = np.isin(kind, (WRONG_HOUSING, WRONG_WATER, WRONG_HEALTH))
        off = ~income_route & np.isin(kind, (WRONG_INCOME, WRONG_LINE_CHOICE, WRONG_NOT_ENROLLED))
        p.true_enrolled[:, t] &= ~(off & exited)
        # Half of the households that were never enrolled show it in the registry itself.
        hidden = off & exited & self.visible
        p.dibao[:, t] &= ~hidden
        p.tekun[:, t] &= ~hidden
        below = income_route & (p.true_ratio[:, t] < 1.0)
        planned = calibration()["lines"]["planned_household"].get(year, line(year)) / line(year)
        below_planned = income_route & (p.true_ratio[:, t] < planned)
        p.wrong_now[:, t] = exited & (kind != WRONG_NONE) & (lacks | off | below)
        p.wrong_planned[:, t] = exited & (kind != WRONG_NONE) & (lacks | off | below_planned)

    def features(self, t: int, year: int) -> hazard.Features:
        """What a risk model may know at the end of year t, in the generator's own form."""
        p, c = self.p, self.counts
        gross = sum(p.money[k][:, t].astype(float) for k in ("wage", "business", "property", "transfer"))
        gross = np.maximum(gross, 1.0)
        head = np.searchsorted(self.reg.persons.household, np.arange(self.n))
        people_ = self.reg.persons
        dependants = c["children"][:, t] + c["elderly"][:, t]
        y_prov = line(year) / calibration()["lines"]["household_share"]
        return hazard.Features(
            log_income_to_line=np.log(np.maximum(p.ratio[:, t], 0.05)),
            safety_net_route=(p.labour[:, t] != 0) & p.eligible[:, t],
            has_ill_member=c["ill"][:, t] > 0, has_disabled_member=c["disabled"][:, t] > 0,
            dependants_per_labourer=np.minimum(dependants / np.maximum(c["labourers"][:, t], 1), 4.0),
            transfer_share=p.money["transfer"][:, t] / gross, old_housing=p.housing[:, t] >= 1,
            has_loan=p.loan[:, t] > 0, single_industry=p.money["business"][:, t] > 0.5 * gross,
            shock_last_year=p.shock[:, t] > 0, log_support_thousand=np.log1p(p.support[:, t] / 1000),
            years_since_exit=np.where(p.exit_year[:, t] > 0, year - p.exit_year[:, t], 0),
            head_education_years=people.EDUCATION_YEARS[people_.education[head]],
            head_is_65=(year - people_.birth_year[head]) >= 65,
            village_log_income=np.log(self.frame.income[self.reg.village, t] / y_prov),
        )  # fmt: skip

    def _hazard(self, t: int, year: int) -> None:
        p = self.p
        f = self.features(t, year)
        gross = np.maximum(
            sum(p.money[k][:, t].astype(float) for k in ("wage", "business", "property", "transfer")), 1.0
        )
        self.eta = hazard.linear_predictor(f, self.model, year + 1)
        self.shock_p = hazard.shock_probabilities(f, p.money["wage"][:, t] / gross, self.model, year + 1)
        exited = p.alive[:, t] & (p.status[:, t] == EXITED)
        p.probability[exited, t] = hazard.return_probability(self.eta, self.shock_p, self.model)[exited]
