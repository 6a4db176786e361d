"""What plans and lists say, in Chinese and English: notes, headings, and labels of codes."""

from __future__ import annotations

from evaltools.terms import CITIES, HouseholdGroup

LANGS = ("zh", "en")
NOTES = {
    "cannot": ("{n} 户无论查到什么都不能判定", "{n} households cannot decide it, whatever is found"),
    "chance": ("访 {n} 户，能作出判定的把握为 {p:.0%}", "chance of a verdict {p:.0%} with {n} households"),
    "margin": ("访 {n} 户，误差为 {p:.2%}", "margin {p:.2%} with {n} households"),
    "on_limit": ("预计比例恰等于标准，多大的样本都不能判定", "an expected rate on the limit is decided by no sample"),
    "few_villages": ("需要 {wanted} 个村，抽样框中只有 {exist} 个", "{wanted} villages wanted, {exist} exist"),
    "above_budget": (
        "最低村数的费用为 {cost:,.0f} 元，超过预算 {budget:,.0f} 元",
        "the minimum of villages costs {cost:,.0f}, above the budget of {budget:,.0f}",
    ),
    "no_roster": ("行政村 {village} 没有名册", "village {village} has no roster"),
    "fewer_drawn": (
        "名册只够抽取正选 {have} 户，方案为 {wanted} 户：各目标的判定把握低于方案所列",
        "the roster gives {have} main households of the {wanted} planned: chances of a verdict are below the plan's",
    ),
    "few_households": (
        "行政村 {village}：{group}只有 {have} 户，需要 {wanted} 户",
        "village {village}: {have} households of group {group}, {wanted} wanted",
    ),
}
HEADINGS = {
    "city": "地市", "city_name": "地市名称", "stratum": "层", "village_code": "行政村代码", "name": "行政村",
    "order": "顺序", "role": "用途", "size": "户数", "village_probability": "村入样概率", "village_weight": "村权数",
    "is_certainty": "必选村", "household_id": "户编号", "group": "户类别", "household_probability": "户入样概率",
    "weight": "权数", "villages": "村数", "per_village": "每村户数", "households": "户数合计", "objective": "目标",
    "expected": "预计比例", "limit": "标准", "margin": "允许误差", "design_effect": "设计效应",
    "households_needed": "所需户数", "n_effective": "有效户数", "achieved": "达到", "is_reached": "是否达到",
    "note": "说明", "cost": "费用（元）", "item": "项目", "value": "内容", "rho": "村内相关系数",
    "weighting": "不等权设计效应", "response_rate": "应答率", "groups": "各类户比例", "min_villages": "每层最少村数",
    "min_households": "每村最少户数", "village_cost": "每村费用（元）", "household_cost": "每户费用（元）",
    "budget": "每市预算（元）", "seed": "随机种子",
}  # fmt: skip
VALUES = {"main": "正选", "replacement": "备选", True: "是", False: "否"}
GROUPS = {g.value: g for g in HouseholdGroup}
CITY = {c.code: c for c in CITIES}


def say(key: str, lang: str, **values: object) -> str:
    """A note in the language asked for."""
    return NOTES[key][LANGS.index(lang)].format(**values)


def heading(column: str, lang: str) -> str:
    """A column's heading; a column `x_per_village` is headed by the group x."""
    if lang != "zh":
        return column
    group = column.removesuffix("_per_village")
    return f"每村{group_name(group, lang)}" if group in GROUPS else HEADINGS.get(column, column)


def group_name(group: str | None, lang: str) -> str:
    """The label of a group of households where it has one; None is all of them."""
    if group is None:
        return "全部户" if lang == "zh" else "all"
    return GROUPS[group].zh if group in GROUPS and lang == "zh" else group


def city_name(code: str, lang: str) -> str:
    """The name of a city of Guangdong; another code stands for itself."""
    return CITY[code].label(lang) if code in CITY else str(code)
