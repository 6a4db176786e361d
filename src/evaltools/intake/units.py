"""Units a contract may name, how they are written in Chinese headers, and what a header's unit multiplies by."""

from __future__ import annotations

from dataclasses import dataclass

YUAN_ALIASES = {"元": 1.0, "人民币元": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8}


@dataclass(frozen=True)
class Unit:
    """`name` as contracts write it; `zh` as headers show it; `factors`: header text -> what to multiply by."""

    name: str
    zh: str
    factors: dict[str, float]


UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit("yuan", "元", YUAN_ALIASES),
        Unit("share", "0-1", {"0-1": 1.0, "比例": 1.0, "%": 0.01, "百分比": 0.01, "％": 0.01, "‰": 0.001}),
        Unit("persons", "人", {"人": 1.0, "千人": 1e3, "万人": 1e4}),
        Unit("households", "户", {"户": 1.0, "千户": 1e3, "万户": 1e4}),
        Unit("count", "个", dict.fromkeys(("个", "项", "次", "家", "座", "所", "条", "间", "件", "处", "批"), 1.0)),
        Unit("years", "岁/年", {"岁": 1.0, "年": 1.0, "周岁": 1.0}),
        Unit("months", "月", {"月": 1.0, "个月": 1.0, "年": 12.0}),
        Unit("days", "天", {"天": 1.0, "日": 1.0}),
        Unit("minutes", "分钟", {"分钟": 1.0, "小时": 60.0}),
        Unit("sqm", "平方米", {"平方米": 1.0, "㎡": 1.0, "m2": 1.0, "亩": 10000 / 15}),
        Unit("km", "公里", {"公里": 1.0, "千米": 1.0, "米": 0.001}),
        Unit("degrees", "度", {"度": 1.0, "°": 1.0}),
        Unit("year", "年", {"年": 1.0}),
        Unit("ratio", "倍", {"倍": 1.0}),
        Unit("points", "分", {"分": 1.0}),
        Unit("lcu", "本币", {}),
    )
}
