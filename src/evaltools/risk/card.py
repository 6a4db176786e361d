"""The model card: items of TRIPOD+AI filled with what was computed, one card a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

from evaltools.errors import RuleBookError
from evaltools.risk.monitored import GROUPS
from evaltools.risk.wording import read_yaml

if TYPE_CHECKING:
    from evaltools.risk.city import CityRisk
    from evaltools.risk.province import ProvinceRisk

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
SCOPES = ("province", "few", "own")
"""For whom an item is: the province's card, a city with too few returns for figures of its own, any other city."""


@dataclass(frozen=True)
class CardItem:
    """One item. zh, en: its name; template_zh, template_en: sentences with slots, `{auc:.3f}`; values: what goes in."""

    item: str
    zh: str
    en: str
    template_zh: str
    template_en: str
    values: Mapping[str, Any]

    @property
    def text_zh(self) -> str:
        return self.template_zh.format(**self.values)

    @property
    def text_en(self) -> str:
        return self.template_en.format(**self.values)


def slots(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """(literal, name of the slot after it or None, format) of a template."""
    return tuple((literal, name, form or "") for literal, name, form, _ in Formatter().parse(template))


def model_card(province: ProvinceRisk, city: CityRisk | None = None) -> tuple[CardItem, ...]:
    """The card of the province's model, read for a city. Raises RuleBookError for a value it does not have."""
    scope = "province" if city is None else "few" if city.performance.empty else "own"
    values = _values(province) | _city_values(city)
    out = []
    for entry in read_yaml("card.yaml"):
        if "scope" in entry and entry["scope"] != scope:
            continue
        templates = (entry["text_zh"], entry["text_en"])
        names = {name for t in templates for _, name, _ in slots(t) if name is not None}
        unknown = sorted(names - set(values))
        if unknown:
            raise RuleBookError(f"card.yaml: item {entry['item']} asks for {unknown[0]!r}", expected=", ".join(sorted(values)))
        used = {k: v for k, v in values.items() if k in names}
        out.append(CardItem(entry["item"], entry["zh"], entry["en"], *templates, used))
    return tuple(out)


def _values(province: ProvinceRisk) -> dict[str, Any]:
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
        "draws": record["draws"], "state_zh": province.update.state.zh, "state_en": province.update.state.en,
        "before_zh": province.monitor.state.zh, "before_en": province.monitor.state.en, **_update_values(province),
        "findings_zh": "、".join(GROUPS.get(g, (g, g))[0] for g in groups) or "无",
        "findings_en": ", ".join(GROUPS.get(g, (g, g))[1] for g in groups) or "none",
    }  # fmt: skip
    for name, metric in METRICS.items():
        values |= dict(zip((name, f"{name}_low", f"{name}_high"), province.report.value(metric), strict=True))
    return values


def _update_values(province: ProvinceRisk) -> dict[str, Any]:
    update, last = province.update, province.monitor.table.iloc[-1]
    found: dict[str, Any] = {"newest": update.period, "updated": update.as_of, "rate": update.rate, "expected": update.expected}
    for end in ("", "_low", "_high"):
        found[f"before_oe{end}"] = float(last[f"observed_to_expected{end}"])
        found[f"after_oe{end}"] = getattr(update, f"observed_to_expected{end}")
    return found


def _city_values(city: CityRisk | None) -> dict[str, Any]:
    if city is None or city.performance.empty:
        return {}
    own = city.performance[city.performance["score"] == "model"].set_index("metric")
    found: dict[str, Any] = {"city_n": int(own["n"].iloc[0]), "city_events": int(own["events"].iloc[0])}
    for name, metric in (("city_auc", "auc"), ("city_oe", "observed_to_expected")):
        row = own.loc[metric, ["estimate", "low", "high"]].to_numpy(float)
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), (float(v) for v in row), strict=True))
    return found
