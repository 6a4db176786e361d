"""The monitored classes of the regime of 2020 as the households table shows them, and the groups of fairness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.terms import MonitoringCategory, RegistryStatus


def monitored_classes(households: pd.DataFrame, line: float, multiple: float) -> pd.Series:
    """The class of each household of one year: a `MonitoringCategory` value, or None.

    Not yet exited: registered and still poor. Unstable: exited, with income under multiple x line or a shock in the
    year. Marginal: never registered, with income under multiple x line. Unknown income is no evidence of either.
    """
    status = households["registry_status"]
    income = households["disposable_income_per_capita_yuan"].to_numpy(dtype=float, na_value=np.nan)
    low = income < multiple * line
    shock = (households["shock"].fillna("none") != "none").to_numpy(bool)
    out = np.full(len(households), None, dtype=object)
    out[(status == RegistryStatus.NEVER.value).to_numpy(bool) & low] = MonitoringCategory.MARGINAL_AT_RISK.value
    out[(status == RegistryStatus.EXITED.value).to_numpy(bool) & (low | shock)] = (
        MonitoringCategory.UNSTABLE_EXITED.value
    )
    out[(status == RegistryStatus.POOR.value).to_numpy(bool)] = MonitoringCategory.NOT_YET_EXITED.value
    return pd.Series(out, index=households.index, dtype=object)


GROUPS: dict[str, tuple[str, str]] = {
    "elderly": ("65岁及以上户主", "heads of 65 and over"),
    "disabled": ("有残疾成员", "with a disabled member"),
    "female_headed": ("女性户主", "headed by a woman"),
    "ethnic_minority": ("少数民族", "ethnic minority"),
    "dibao": ("低保户", "on dibao"),
    "in_poor_village": ("在相对贫困村", "in a relatively poor village"),
    "outside_poor_village": ("在相对贫困村以外", "outside the relatively poor villages"),
}
OLD = 65


def fairness_groups(X: pd.DataFrame) -> dict[str, np.ndarray]:
    """(n,) membership of each group of GROUPS. Unknown counts as not a member."""

    def over(column: str, limit: float) -> np.ndarray:
        return X[column].to_numpy(dtype=float, na_value=np.nan) > limit

    village = over("is_in_poor_village", 0)
    return {
        "elderly": over("head_age", OLD - 1), "disabled": over("disabled_members", 0),
        "female_headed": (X["head_sex"] == "female").fillna(False).to_numpy(bool),
        "ethnic_minority": over("is_ethnic_minority", 0), "dibao": over("is_dibao", 0),
        "in_poor_village": village, "outside_poor_village": ~village & X["is_in_poor_village"].notna().to_numpy(bool),
    }  # fmt: skip
