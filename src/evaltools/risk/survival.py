"""How long exits last: Kaplan-Meier by exit cohort, and a discrete-time hazard by cohort and years since exit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import norm

from evaltools.risk.faults import RiskInputError
from evaltools.risk.features import ReturnSample


def spells(sample: ReturnSample) -> pd.DataFrame:
    """At-risk years: one row per exited household and year with a known outcome. cohort (exit year), years (1 = the
    first year after the exit), returned (0/1), village_code. Rows whose exit year is not known are left out."""
    known = ~np.isnan(sample.y)
    since = sample.X["years_since_exit"].to_numpy(dtype=float)
    use = known & ~np.isnan(since)
    year = sample.keys["year"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "cohort": (year - since)[use].astype(int), "years": (since[use] + 1).astype(int),
            "returned": sample.y[use].astype(int), "village_code": sample.keys["village_code"].to_numpy(object)[use],
            "household_id": sample.keys["household_id"].to_numpy(object)[use],
        }
    )  # fmt: skip


def cohort_survival(rows: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Kaplan-Meier per cohort and for all ("all"): cohort, years, at_risk, returned, hazard, survival, low, high.

    Households enter and leave by year, so late entry and loss are handled. Interval: Greenwood's variance on the
    complementary log-log scale; NaN while nobody has returned.
    """
    if rows.empty:
        raise RiskInputError("no exited household has a known outcome", todo="give at least two years of the panel")
    out = [_curve(rows, "all", level)] + [_curve(part, str(c), level) for c, part in rows.groupby("cohort")]
    return pd.concat(out, ignore_index=True)


def _curve(rows: pd.DataFrame, cohort: str, level: float) -> pd.DataFrame:
    table = rows.groupby("years")["returned"].agg(at_risk="size", returned="sum").reset_index()
    n, d = table["at_risk"].to_numpy(float), table["returned"].to_numpy(float)
    survival = np.cumprod(1 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        green = np.cumsum(np.where(n > d, d / (n * (n - d)), np.inf))
        spread = norm.ppf(0.5 + level / 2) * np.sqrt(green) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    inside = (survival > 0) & (survival < 1)
    table = table.assign(
        cohort=cohort, hazard=d / n, survival=survival, low=np.where(inside, low, np.nan),
        high=np.where(inside, high, np.nan),
    )  # fmt: skip
    return table[["cohort", "years", "at_risk", "returned", "hazard", "survival", "low", "high"]]


def hazard_by_cohort(rows: pd.DataFrame) -> pd.DataFrame:
    """Discrete-time proportional hazards: a complementary log-log regression of `returned` on cohort and years since
    exit (Prentice and Gloeckler 1978), standard errors clustered on villages. One row a level: hazard ratio against the
    largest level, low, high, p. Levels without an event are pooled with the largest and named "pooled"."""
    parts, labels, notes = [np.ones(len(rows))], ["baseline"], []
    for name in ("cohort", "years"):
        counts = rows.groupby(name)["returned"].agg(["size", "sum"])
        reference = counts["size"].idxmax()
        for value in counts.index[counts.index != reference]:
            size, events = (int(counts[c][value]) for c in ("size", "sum"))
            if 0 < events < size:
                parts.append((rows[name] == value).to_numpy(float))
                labels.append(f"{name}={value}")
            else:
                notes.append(f"{name}={value}")
    X = np.column_stack(parts)
    keep = [j for j in range(X.shape[1]) if np.linalg.matrix_rank(X[:, : j + 1]) > np.linalg.matrix_rank(X[:, :j])]
    X, labels = X[:, keep], [labels[j] for j in keep]
    link = sm.families.links.CLogLog()
    fit = sm.GLM(rows["returned"].to_numpy(float), X, family=sm.families.Binomial(link)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["village_code"])[0]}
    )
    band = fit.conf_int()
    out = pd.DataFrame(
        {
            "term": labels, "hazard_ratio": np.exp(fit.params), "low": np.exp(band[:, 0]), "high": np.exp(band[:, 1]),
            "p": fit.pvalues,
        }
    )  # fmt: skip
    return pd.concat(
        [out[out["term"] != "baseline"], pd.DataFrame({"term": [f"{n} (pooled)" for n in notes]})], ignore_index=True
    )
