"""The risk model at full size: 708 thousand households, 30 features, 3 transitions. `python benchmarks/bench_risk.py`.

Limits of the issue: fit under 90 s and 3 GiB, score 708 thousand under 3 s, explain 70 thousand under 10 s, two cores.
"""

from __future__ import annotations

import resource
import time
import warnings

import numpy as np
import pandas as pd
from scipy.special import expit

from evaltools.risk import ReturnRiskClassifier

HOUSEHOLDS, TRANSITIONS, NUMBERS, CODES = 708_000, 3, 22, 6


def table(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Welfare, line and 28 further columns; about 3 % events."""
    rng = np.random.default_rng(seed)
    ratio = rng.normal(0.8, 0.4, n)
    X = {"income_yuan": np.exp(ratio) * 8000, "line_yuan": np.full(n, 8000.0)}
    X |= {f"number_{j}": rng.normal(size=n).astype(np.float32) for j in range(NUMBERS)}
    X |= {f"kind_{j}_code": rng.integers(0, 4 + j, n).astype(np.int8) for j in range(CODES)}
    eta = -3.2 - 1.5 * (ratio - 0.8) + 0.4 * X["number_0"] + 0.3 * X["number_1"] ** 2 + 0.3 * (X["kind_0_code"] == 1)
    return pd.DataFrame(X), (rng.random(n) < expit(eta)).astype(int)


def main() -> None:
    X, y = table(HOUSEHOLDS * TRANSITIONS, 0)
    groups = np.arange(len(X)) % HOUSEHOLDS // 300
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows = [("rows", f"{len(X):,}"), ("events", f"{int(y.sum()):,}"), ("memory before the fit, GiB", f"{before:.2f}")]
    warnings.simplefilter("ignore")
    model = ReturnRiskClassifier("income_yuan", "line_yuan")
    rows += timed("fit", lambda: model.fit(X, y, groups=groups))
    rows += timed("score 708 thousand", lambda: model.predict_proba(X.head(HOUSEHOLDS)))
    rows += timed("explain 70 thousand", lambda: model.explain(X.head(70_000)).top(3))
    rows.append(("peak memory, GiB", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f}"))
    for name, value in rows:
        print(f"{name:32} {value}")


def timed(name: str, act) -> list[tuple[str, str]]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return [(f"{name}, s", f"{time.perf_counter() - wall:.1f} (processor {time.process_time() - cpu:.1f})")]


if __name__ == "__main__":
    main()
