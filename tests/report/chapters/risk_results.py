"""Made-up results of the model of returns, as they may be published: every number known, no model fitted; and how the
tests of the chapters that print them read a chapter."""

from __future__ import annotations

import pandas as pd

from evaltools.report.chapters import seven_lists, seven_scenarios
from evaltools.report.charts.picture import Picture
from evaltools.report.inline import plain_text
from evaltools.risk.card import CardItem
from evaltools.risk.published import CityTables, ModelTables, RiskTables
from evaltools.risk.scenarios import scenarios

SHARES = (0.05, 0.10, 0.20)
NA = float("nan")


def said(chapter) -> str:
    """All text of a chapter."""
    out = []
    for b in chapter.blocks:
        out += [plain_text(getattr(b, k)) for k in ("title", "text", "parts", "n", "note", "source", "alt") if hasattr(b, k)]
        out += [plain_text(c) for row in getattr(b, "rows", ()) for c in row]
        out += [plain_text(i) for i in getattr(b, "items", ())]
    return "\n".join(out)


def undraw(monkeypatch, *charts) -> None:
    """Charts of lists and scenarios, and these (module, name), are not drawn: their tables are what is tested."""
    for module, name in (*charts, (seven_lists, "recall_lines"), (seven_scenarios, "scenario_bars")):
        monkeypatch.setattr(module, name, lambda *a, **k: Picture("<svg/>", b"", {}))


def reach(model=(NA, 0.36, 0.57), income=(NA, 0.14, 0.37), n=3977) -> pd.DataFrame:
    rows = [
        {"score": k, "share": s, "recall": r, "low": r - 0.05, "high": r + 0.05, "n": n, "events": 81}
        for k, values in {"model": model, "income": income, "below_multiple": (NA, NA, 0.22), "monitored": (NA,) * 3}.items()
        for s, r in zip(SHARES, values, strict=True)
    ]
    return pd.DataFrame(rows)


def performance(oe=(0.87, 0.69, 1.05)) -> pd.DataFrame:
    rows = [("observed_to_expected", *oe), ("auc", 0.755, 0.693, 0.806)]
    return pd.DataFrame([{"score": "model", "metric": m, "estimate": e, "low": a, "high": b} for m, e, a, b in rows])


def city_tables(code="441400", **changes) -> CityTables:
    """梅州: 1,440 exited, 38.9 expected; 81 returns on record, one year withheld."""
    history = pd.DataFrame(
        {"year": ["2018", "2019", "all"], "exited": [1307, 1415, 2722], "returned": [pd.NA, 30, 81],
         "rate": [pd.NA, 30 / 1415, 81 / 2722]}
    )  # fmt: skip
    classes = {"not_yet_exited": pd.NA, "unstable_exited": 1246, "marginal_at_risk": 239}
    known = scenarios()
    rows = [
        ("support_withdrawn", "neutral", 36.0, 36.9, 0.9, 0.3, 1.5),
        ("support_withdrawn", "learned", 38.9, 47.5, 8.6, 5.4, 13.3),
        ("illness", "learned", 38.9, 119.5, 80.6, 42.4, 149.2),
    ]
    stress = [
        {"scenario": s, "zh": known[s].zh, "en": known[s].en, "reading": r, "returns_now": now, "returns_now_low": now - 4,
         "returns_now_high": now + 9, "returns_then": then, "returns_then_low": then - 5, "returns_then_high": then + 20,
         "increase": d, "increase_low": a, "increase_high": b, "assumption_zh": known[s].assumption_zh,
         "assumption_en": known[s].assumption_en}
        for s, r, now, then, d, a, b in rows
    ]  # fmt: skip
    base = {
        "city_code": code, "households": 1440, "expected": (38.9, 34.1, 49.8), "history": history,
        "classes": pd.DataFrame({"category": list(classes), "households": list(classes.values())}),
        "performance": performance(), "n": 3977, "events": 81,
        "curve": pd.DataFrame({"predicted": [0.01, 0.05], "observed": [0.008, 0.052], "low": [0.004, 0.03],
                               "high": [0.013, 0.08], "n": [3000, 977], "events": [24, 57]}),
        "bounds": (0.0041, 0.0081), "reach": reach(),
        "drivers": pd.DataFrame({"term": ["transfer_share", "ill_members", "wage_share"],
                                 "zh": ["转移性收入占比", "患病成员数", "工资性收入占比"],
                                 "en": ["share of transfers in income", "ill members", "share of wages in income"],
                                 "spread": [0.62, 0.30, 0.25], "raised": [0.39, 0.355, pd.NA], "is_income": False}),
        "lists": pd.DataFrame({"county_code": ["441402", "441424", ""], "households": [700, 740, 1440],
                               "listed": [pd.NA, pd.NA, 146], "expected_returns": [19.0, 19.9, 38.9],
                               "expected_listed": [pd.NA, pd.NA, 13.3]}),
        "causes": pd.DataFrame({"cause": ["transfer", "illness"], "zh": ["依赖转移性收入", "因病"],
                                "en": ["dependence on transfers", "illness"], "households": [121, pd.NA],
                                "measures_zh": ["就业帮扶", "医疗救助核查"], "measures_en": ["jobs", "medical aid"]}),
        "scenarios": pd.DataFrame(stress),
        "survival": pd.DataFrame({"years": [1, 2, 3], "at_risk": [2000, 900, 300], "survival": [0.97, 0.95, pd.NA],
                                  "low": [0.96, 0.938, pd.NA], "high": [0.98, 0.961, pd.NA]}),
        "card": card(), "budget": 0.10,
    }  # fmt: skip
    return CityTables(**(base | changes))


def card() -> tuple[CardItem, ...]:
    values = {"auc": 0.7191, "form_zh": "两个模型的平均", "form_en": "mean of two", "digest": "8744f825d74ea222", "year": 2020}
    zh, en = "{year}年：{form_zh}，AUC {auc:.3f}，摘要{digest}。", "{year}: {form_en}, AUC {auc:.3f}, digest {digest}."
    return (CardItem("23", "表现", "performance", zh, en, values),)


def survival() -> pd.DataFrame:
    """Two years of exit and all of them; one year withheld."""
    rows = [("2018", 1, 4202, 0.976, 0.971, 0.981), ("2018", 2, *[pd.NA] * 4), ("2019", 1, 1062, 0.959, 0.945, 0.969),
            ("all", 1, 5264, 0.972, 0.968, 0.976), ("all", 2, 4100, 0.95, 0.944, 0.956)]  # fmt: skip
    return pd.DataFrame(rows, columns=["cohort", "years", "at_risk", "survival", "low", "high"])


def overall() -> pd.DataFrame:
    """Performance of the model where years and where cities were held out."""
    numbers = {"auc": (0.719, 0.701, 0.733), "observed_to_expected": (0.99, 0.92, 1.07), "calibration_slope": (0.87, 0.79, 0.93),
               "ece": (0.003, 0.002, 0.004)}  # fmt: skip
    return pd.DataFrame([
        {"how": how, "score": "model", "metric": m, "estimate": e, "low": a, "high": b, "n": 32197, "events": 680}
        for how in ("time", "area") for m, (e, a, b) in numbers.items()
    ])  # fmt: skip


def model_tables(state="holds", before="holds", oe=(1.02, 0.93, 1.11), after=(1.01, 0.9, 1.1), **changes) -> ModelTables:
    groups = pd.DataFrame(
        {"group": ["all", "elderly", "ethnic_minority"], "n": [32000, 9006, pd.NA], "events": [680, 391, pd.NA],
         "recall": [0.318, 0.46, pd.NA], "observed_to_expected": [0.99, 1.07, pd.NA], "listed": [0.1, 0.278, pd.NA]}
    )  # fmt: skip
    names = ("observed_to_expected", "observed_to_expected_low", "observed_to_expected_high")
    monitor = dict(zip(names, oe, strict=True)) | {"state": before}
    update = dict(zip(names, after, strict=True)) | {"as_of": "2020-12-31", "rate": 0.0243, "expected": 0.0157, "ece": 0.004,
                                                     "ece_when_perfect": 0.0065}  # fmt: skip
    base = {
        "performance": overall(), "reach": reach((0.2, 0.318, 0.5), (0.1, 0.155, 0.3), 32000), "groups": groups,
        "monitor": {"period": 2019.0, "n": 12649.0, "events": 300.0, **monitor}, "update": update, "state": state, "findings": (),
        "earns": {"income": True, "below_multiple": True, "monitored": False}, "draws": 200, "cities": ("441400", "441800"),
        "card": card(), "households": 12857, "expected": (321.8, 282.6, 410.3), "scenarios": city_tables().scenarios,
        "survival": survival(), "hazard": pd.DataFrame({"term": ["cohort=2019", "years=2"], "hazard_ratio": [1.74, 0.75],
                                                        "low": [1.22, 0.63], "high": [2.47, 0.89]}),
        "vulnerability": {"n": 12857, "mean": 0.356, "share": 0.372, "r2": 0.7},
        "record": {"rows": 35714, "events": 781, "form": "both", "multiple": 1.5, "line_yuan": 9065.0,
                   "time_ece_when_perfect": 0.0026, "area_ece_when_perfect": 0.0026},
    }  # fmt: skip
    return ModelTables(**(base | changes))


def risk_tables(**changes) -> RiskTables:
    """梅州 with results; its own and the model's parts may be replaced (own=, model=)."""
    own, model = changes.pop("own", {}), changes.pop("model", {})
    base = {"year": 2020, "model": model_tables(**model), "cities": {"441400": city_tables(**own)}, "absences": {}}
    return RiskTables(**(base | changes))
