"""Makes docs/risk-evidence.md and its figures from the real panel: `python docs/risk-evidence.py FOLDER` (minutes).

FOLDER holds transitions.parquet and household_waves.parquet (INDEC, EPH 2016-2018). Every model is fitted on the same
rows and predicts the same rows: later waves from earlier ones, and each region from the others.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

from evaltools.risk import ReturnRiskClassifier
from evaltools.risk import metrics as m
from evaltools.risk.fairness import by_group
from evaltools.risk.features import LINE as DEMO_LINE
from evaltools.risk.features import WELFARE as DEMO_WELFARE
from evaltools.risk.features import return_sample
from evaltools.risk.link import level_for
from evaltools.risk.performance import Task, curve, measure
from evaltools.risk.province import exit_lines, specification
from evaltools.risk.simple import income_alone, log_ratio
from evaltools.risk.vep import vulnerability
from evaltools.standards import RuleBook

HERE = Path(__file__).parent
ROOT = HERE.parent
WELFARE, LINE = "household_income_ars", "poverty_line_ars"
APART = ["household_id", "dwelling_id", "wave", "year", "quarter", "weight", "has_income", "fell_into_poverty"]
DRAWS, UP = 200, 1.10
NAMES = {
    "model": "**evaltools**", "interpretable": "its interpretable member", "flexible": "its flexible member",
    "income": "income alone, logit", "logit": "logit", "splines": "L2 logit + splines", "boosting": "gradient boosting",
    "cloglog": "complementary log-log", "below_1.5": "below 1.5 × line", "vep": "VEP (3-step FGLS)",
}  # fmt: skip
PROBABILITIES = frozenset({"model", "income", "logit", "splines", "boosting", "cloglog"})
SHOWN = ("auc", "average_precision", "brier_skill", "recall@0.1", "observed_to_expected", "calibration_slope", "ece")


def anchors_design(X: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """The columns the anchors see: the log ratio, amounts relative to the line, codes as categories."""
    F = X.drop(columns=[WELFARE, LINE, "extreme_line_ars", "persons_age_65_up"]).copy()
    for c in [c for c in F if c.endswith("_ars")]:
        F[c] = np.log1p(F[c] / X[LINE])
    codes = [c for c in F if c.endswith("_code")]
    F[codes] = F[codes].fillna(-1).astype(int).astype(str)
    F["ratio"] = np.log(X[WELFARE] / X[LINE])
    return F, codes, [c for c in F if c not in codes]


def fit_anchors(F: pd.DataFrame, codes: list[str], numbers: list[str], y: np.ndarray, into: np.ndarray, out: np.ndarray):
    """Probabilities of the anchors for the rows `out`."""
    dummies = OneHotEncoder(min_frequency=60, handle_unknown="infrequent_if_exist", drop="first")
    plain = ColumnTransformer([("c", dummies, codes), ("n", StandardScaler(), numbers)], sparse_threshold=0)
    bent = SplineTransformer(n_knots=5, knots="quantile", extrapolation="constant")
    spline = ColumnTransformer([("c", dummies, codes), ("n", bent, numbers)], sparse_threshold=0)
    train, test = F.iloc[into], F.iloc[out]
    found = {}
    for name, steps in {
        "logit": (plain, LogisticRegression(C=1e4, max_iter=2000)),
        "splines": (spline, StandardScaler(), LogisticRegression(C=0.02, max_iter=2000)),
    }.items():
        found[name] = make_pipeline(*steps).fit(train, y[into]).predict_proba(test)[:, 1]
    G = F.assign(**{c: pd.Categorical(F[c]).codes for c in codes})
    boost = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=5.0,
        early_stopping=False, categorical_features=codes, random_state=0,
    )  # fmt: skip
    found["boosting"] = boost.fit(G.iloc[into], y[into]).predict_proba(G.iloc[out])[:, 1]
    A, B = plain.fit_transform(train), plain.transform(test)
    keep = A.std(axis=0) > 0
    link = sm.families.links.CLogLog()
    glm = sm.GLM(y[into], sm.add_constant(A[:, keep]), family=sm.families.Binomial(link))
    beta = glm.fit_regularized(alpha=1e-4, L1_wt=0.0).params
    found["cloglog"] = 1 - np.exp(-np.exp(np.clip(sm.add_constant(B[:, keep], has_constant="add") @ beta, -30, 3)))
    return found


def hold_out(rows: pd.DataFrame, X: pd.DataFrame, y: np.ndarray, key: np.ndarray, *, later: bool):
    """(row places, scores by model) over all splits of `key`."""
    F, codes, numbers = anchors_design(X)
    ratio = log_ratio(X, WELFARE, LINE)
    places, scores = [], []
    for value in np.unique(key)[1 if later else 0 :]:
        into, out = np.flatnonzero(key < value if later else key != value), np.flatnonzero(key == value)
        fitted = ReturnRiskClassifier(WELFARE, LINE).fit(X.iloc[into], y[into], groups=rows["dwelling_id"].iloc[into])
        inside = fitted.model_
        terms = inside.plan.read(X.iloc[out])
        half = 0.5 * inside.parts(terms, inside.apart).sum(axis=1)
        one = {"model": fitted.predict_proba(X.iloc[out])[:, 1]}
        one |= {"interpretable": inside.score(terms) + half, "flexible": inside.score(terms) - half}
        one["income"] = income_alone(ratio[into], y[into].astype(float), np.ones(len(into)), ratio[out])
        one |= fit_anchors(F, codes, numbers, y, into, out)
        one["below_1.5"] = (np.exp(ratio[out]) < 1.5).astype(float)
        plain = X.iloc[out].drop(columns=[c for c in X if c.endswith("_ars") and c not in (WELFARE, LINE)])
        one["vep"] = vulnerability(plain, welfare=WELFARE, line=LINE).value
        places.append(out)
        scores.append(one)
    return np.concatenate(places), {k: np.concatenate([s[k] for s in scores]) for k in scores[0]}


def task_of(rows: pd.DataFrame, y: np.ndarray, places: np.ndarray, scores: dict[str, np.ndarray]) -> Task:
    clusters = pd.factorize(rows["dwelling_id"])[0][places]
    return Task(y[places].astype(float), np.ones(len(places)), clusters, scores, PROBABILITIES)


def table(found: pd.DataFrame) -> str:
    """Markdown: estimate, and the paired difference to the model with its interval."""
    lines = ["| model | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for score, name in NAMES.items():
        part = found[found["score"] == score].set_index("metric")
        cells = [cell(part.loc[k], score == "model", 4 if k == "ece" else 3) if k in part.index else "" for k in SHOWN]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(row: pd.Series, own: bool, d: int) -> str:
    """d : decimals."""
    if own:
        return f"{row['estimate']:.{d}f} ({row['low']:.{d}f} to {row['high']:.{d}f})"
    return f"{row['estimate']:.{d}f} [{row['difference_low']:+.{d}f}, {row['difference_high']:+.{d}f}]"


def used(found: pd.DataFrame) -> str:
    """Markdown: what lists and thresholds gain, with 95 % intervals."""
    wanted = [k for k in found["metric"].unique() if k.startswith(("precision@", "net_benefit@")) or k == "calibration_intercept"]
    part = found[found["metric"].isin(wanted) & found["score"].isin(("model", "income", "below_1.5"))]
    cells = part.assign(cell=[f"{r.estimate:.3f} ({r.low:.3f} to {r.high:.3f})" for r in part.itertuples()])
    table = cells.pivot(index="metric", columns="score", values="cell").reindex(wanted).fillna("")
    names = {"model": "evaltools", "income": NAMES["income"], "below_1.5": NAMES["below_1.5"]}
    return plain_table(table[list(names)].rename(columns=names).rename_axis("measure").reset_index())


def against_truth(newest: int = 2019) -> pd.DataFrame:
    """The synthetic province, whose true probabilities are known: households of the newest year with an outcome,
    predicted from the years before, and after the level was moved to their rate."""
    households, villages = (pd.read_parquet(ROOT / f"data/demo/{t}.parquet") for t in ("households", "villages"))
    lines = exit_lines(RuleBook.load(), list(range(2016, newest + 2)), newest + 1)
    known = return_sample(households, villages, lines).labelled()
    before = (known.keys["year"] < newest).to_numpy()
    train, test = known.take(before), known.at(newest)
    file = pd.read_parquet(ROOT / "data/demo_truth/return_probability.parquet").set_index(["household_id", "year"])
    true = file["return_probability"].reindex(pd.MultiIndex.from_frame(test.keys[["household_id", "year"]])).to_numpy(float)
    fitted = specification().fit(train.X, train.y, groups=train.keys["village_code"])
    ratios = [log_ratio(part.X, DEMO_WELFARE, DEMO_LINE) for part in (train, test)]
    scores = {"the true probabilities": true, "evaltools": fitted.predict_proba(test.X)[:, 1]}
    fitted.recalibrate(rate=test.y.mean(), as_of=f"{newest + 1}-12-31", X=test.X)
    scores |= {"evaltools, level moved": fitted.predict_proba(test.X)[:, 1],
               "income alone, logit": income_alone(ratios[0], train.y, np.ones(len(train.y)), ratios[1]),
               "the observed rate for all": np.full(len(test.y), test.y.mean())}  # fmt: skip
    out, ones = [], np.ones(len(true))
    for name, p in scores.items():
        excess = true * np.log(true / p) + (1 - true) * np.log((1 - true) / (1 - p))
        out.append({"score": name, "auc": m.auc(test.y, p, ones), "average_precision": m.average_precision(test.y, p, ones),
                    "recall@0.1": m.recall_at(test.y, p, ones, 0.1),
                    "observed_to_expected": m.observed_to_expected(test.y, p, ones),
                    "log_loss": float(-np.mean(test.y * np.log(p) + (1 - test.y) * np.log1p(-p))),
                    "expected loss above the truth": f"{excess.mean():.5f}",
                    "root mean square distance": f"{np.sqrt(np.mean((p - true) ** 2)):.4f}"})  # fmt: skip
    return pd.DataFrame(out)


def crisis(rows: pd.DataFrame, waves: pd.DataFrame, places: np.ndarray, scores: dict[str, np.ndarray]) -> pd.DataFrame:
    """The last two waves with the line of the following year raised: before and after an update of the level only.

    The rate is observed on half of the dwellings and everything is measured on the other half.
    """
    after = waves[["household_id", "wave", WELFARE, LINE]].assign(wave=lambda d: d["wave"] - 4)
    both = rows.merge(after, on=["household_id", "wave"], suffixes=("", "_next"), validate="1:1")
    y = (both[WELFARE + "_next"] < UP * both[LINE + "_next"]).to_numpy(float)[places]
    late = rows["wave"].to_numpy()[places] >= 5
    known = pd.util.hash_pandas_object(rows["dwelling_id"], index=False).to_numpy()[places] % 2 == 0
    out = []
    for name in ("model", "logit", "splines", "boosting", "cloglog", "income"):
        p = np.clip(scores[name], 1e-9, 1 - 1e-9)
        eta = np.log(p / (1 - p))
        seen, new = late & known, late & ~known
        moved = expit(eta + level_for(eta[seen], np.ones(seen.sum()), float(y[seen].mean())))
        for when, q in (("before", p), ("after", moved)):
            v, u, ones = y[new], q[new], np.ones(new.sum())
            out.append({
                "model": NAMES[name].strip("*"), "update": when, "auc": m.auc(v, u, ones),
                "average_precision": m.average_precision(v, u, ones), "brier_skill": m.brier_skill(v, u, ones),
                "observed_to_expected": m.observed_to_expected(v, u, ones), "ece": m.ece(v, u, ones),
            })  # fmt: skip
    return pd.DataFrame(out)


def figures(tasks: dict[str, Task], found: dict[str, pd.DataFrame]) -> None:
    mpl.rcParams.update({"svg.hashsalt": "evaltools", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    for ax, (how, t) in zip(axes, tasks.items(), strict=True):
        c = curve(t.y, t.scores["model"], t.w, t.clusters, draws=DRAWS, seed=0)
        ax.plot([0, 0.5], [0, 0.5], color="0.6", lw=1, ls="--")
        ax.fill_between(c["predicted"], c["low"], c["high"], color="#9ab8d8", lw=0)
        ax.plot(c["predicted"], c["observed"], color="#1f4e79", marker="o", ms=3)
        ax.set(title=f"{how}: n = {len(t.y):,}, {int(t.y.sum()):,} events", xlabel="predicted", ylabel="observed")
    save(fig, "risk-calibration.svg")
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained", sharey=True)
    for ax, how in zip(axes, tasks, strict=True):
        part = found[how].query("metric == 'average_precision'").set_index("score").loc[list(NAMES)[::-1]]
        at = np.arange(len(part))
        error = [part["estimate"] - part["low"], part["high"] - part["estimate"]]
        ax.errorbar(part["estimate"], at, xerr=error, fmt="o", color="#1f4e79", ms=4, capsize=2)
        ax.set(title=f"average precision, {how}", yticks=at, yticklabels=[NAMES[k].strip("*") for k in part.index])
    save(fig, "risk-anchors.svg")
    fig, ax = plt.subplots(figsize=(5, 3.6), layout="constrained")
    t, shares = tasks["time"], np.linspace(0.01, 0.5, 50)
    for name, style in (("model", "-"), ("income", "--"), ("below_1.5", ":"), ("vep", "-.")):
        got = [m.recall_at(t.y, t.scores[name], t.w, float(s)) for s in shares]
        ax.plot(shares, got, style, label=NAMES[name].strip("*"), color="#1f4e79" if name == "model" else "0.3")
    ax.set(xlabel="households visited (share)", ylabel="events found (share)")
    ax.legend(frameon=False)
    save(fig, "risk-recall.svg")


def save(fig: plt.Figure, name: str) -> None:
    fig.savefig(HERE / "img" / name, metadata={"Date": None})
    plt.close(fig)


def plain_table(frame: pd.DataFrame) -> str:
    head = "| " + " | ".join(frame.columns) + " |\n" + "|---" * len(frame.columns) + "|\n"
    shown = frame.map(lambda v: f"{v:.3f}" if isinstance(v, float) else str(v))
    return head + "\n".join("| " + " | ".join(r) + " |" for r in shown.to_numpy())


def main(folder: Path) -> None:
    """Fit, measure, draw, write."""
    warnings.simplefilter("ignore")
    rows, waves = pd.read_parquet(folder / "transitions.parquet"), pd.read_parquet(folder / "household_waves.parquet")
    X, y = rows.drop(columns=APART), rows["fell_into_poverty"].to_numpy()
    tasks, found, held = {}, {}, {}
    for how, key in (("time", "wave"), ("region", "region_code")):
        held[how] = hold_out(rows, X, y, rows[key].to_numpy(), later=how == "time")
        tasks[how] = task_of(rows, y, *held[how])
        found[how] = measure(tasks[how], draws=DRAWS)
    figures(tasks, found)
    null = {k: m.ece_when_perfect(t.scores["model"], t.w) for k, t in tasks.items()}
    place = held["time"][0]
    groups = {
        "head 65 and over": (X["head_age_years"] >= 65).to_numpy()[place],
        "headed by a woman": (X["head_sex_code"] == 2).to_numpy()[place],
        "with a disabled member": (X["persons_disabled"] > 0).to_numpy()[place],
    }  # fmt: skip
    fair = by_group(tasks["time"], groups, share=0.10, draws=DRAWS, seed=0)
    fair = fair[["group", "n", "events", "recall", "recall_low", "recall_high", "observed_to_expected", "listed"]]
    text = (HERE / "risk-evidence.template.md").read_text(encoding="utf-8")
    for name, value in {
        "time_table": table(found["time"]), "region_table": table(found["region"]), "time_null": f"{null['time']:.4f}",
        "region_null": f"{null['region']:.4f}", "crisis_table": plain_table(crisis(rows, waves, *held["time"])),
        "fair_table": plain_table(fair), "use_table": used(found["time"]), "truth_table": plain_table(against_truth()),
        "draws": str(DRAWS), "up": f"{UP - 1:.0%}",
    }.items():  # fmt: skip
        text = text.replace("{{" + name + "}}", value)
    (HERE / "risk-evidence.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
