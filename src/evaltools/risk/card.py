"""The model card: items of TRIPOD+AI filled with what was computed, one card a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaltools.errors import RuleBookError
from evaltools.risk.city import CityRisk
from evaltools.risk.monitored import GROUPS
from evaltools.risk.province import ProvinceRisk
from evaltools.risk.wording import read_yaml

METRICS = {
    "auc": "auc", "recall": "recall@0.1", "oe": "observed_to_expected", "slope": "calibration_slope",
}  # fmt: skip


FORMS = {
    "both": (
        "可解释与灵活两个模型在对数几率上的平均",
        "mean of an interpretable and a flexible member on the log-odds",
    ),
    "simple": ("带惩罚的逻辑回归（返贫事件少）", "penalised logistic regression (few events)"),
}
BASES = {
    "later periods; level of the newest": "较晚年份的留出预测，水平取最新一年",
    "whole clusters held back": "整村留出的预测",
    "its own rows": "训练样本本身",
}


@dataclass(frozen=True)
class CardItem:
    """One item. text_zh, text_en: sentences with the values in place; values: what was put in, for binding."""

    item: str
    zh: str
    en: str
    text_zh: str
    text_en: str
    values: Mapping[str, Any]


def model_card(province: ProvinceRisk, city: CityRisk | None = None) -> tuple[CardItem, ...]:
    """The card of the province's model, read for a city. Raises RuleBookError for a value it does not have."""
    values = _values(province, city)
    out = []
    for entry in read_yaml("card.yaml"):
        try:
            zh, en = (entry[k].format(**values) for k in ("text_zh", "text_en"))
        except KeyError as error:
            raise RuleBookError(
                f"card.yaml: item {entry['item']} asks for {error}", expected=", ".join(values)
            ) from None
        used = {k: v for k, v in values.items() if "{" + k + "}" in entry["text_zh"] + entry["text_en"]}
        out.append(CardItem(entry["item"], entry["zh"], entry["en"], zh, en, used))
    return tuple(out)


def _values(province: ProvinceRisk, city: CityRisk | None) -> dict[str, Any]:
    record, training = province.record, province.record["training"]
    counts = record["counts"]
    groups = sorted({f.group for f in province.report.findings})
    values: dict[str, Any] = {
        "year": province.year, "known": counts["returned"] + counts["not_returned"],
        "unknown": counts["outcome_unknown"], "lost": counts["lost_to_follow_up"],
        "terms": len(province.model.model_.plan.terms), "events": training["events"], "rows": training["rows"],
        "form_zh": FORMS[training["form"]][0], "form_en": FORMS[training["form"]][1],
        "on_zh": BASES[training["calibrated_on"]], "on_en": training["calibrated_on"],
        "digest": record["digest"][:16], "rules_digest": record["rules_digest"][:16], "seed": record["seed"],
        "state_zh": province.monitor.state.zh, "state_en": province.monitor.state.en,
        "findings_zh": "、".join(GROUPS.get(g, (g, g))[0] for g in groups) or "无",
        "findings_en": ", ".join(GROUPS.get(g, (g, g))[1] for g in groups) or "none",
    }  # fmt: skip
    for name, metric in METRICS.items():
        found = province.report.value(metric)
        values |= {k: f"{v:.3f}" for k, v in zip((name, f"{name}_low", f"{name}_high"), found, strict=True)}
    return values | _city_values(city)


def _city_values(city: CityRisk | None) -> dict[str, str]:
    if city is None:
        return {"city_text_zh": "见各市模型卡。", "city_text_en": "See the cards of the cities."}
    if city.performance.empty:
        return {
            "city_text_zh": "本市有记录的返贫过少，不单独评价。",
            "city_text_en": "Too few returns on record here for figures of its own.",
        }
    own = city.performance[city.performance["score"] == "model"].set_index("metric")
    auc, oe = (own.loc[k, ["estimate", "low", "high"]].to_numpy(float) for k in ("auc", "observed_to_expected"))
    n, events = int(own["n"].iloc[0]), int(own["events"].iloc[0])
    a, o = (f"{v[0]:.3f} ({v[1]:.3f}, {v[2]:.3f})" for v in (auc, oe))
    return {
        "city_text_zh": f"未见过本市数据的模型在本市{n}户年（返贫{events}）上：AUC {a}，实际与预测之比 {o}。",
        "city_text_en": f"A model that never saw this city, on its {n} household-years ({events} returns): "
        f"AUC {a}, observed/expected {o}.",
    }
