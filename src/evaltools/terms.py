"""The vocabulary: closed lists with Chinese and English labels, and the 21 cities with their roles.

A value stored in data is the member's `value` (ASCII, lower case); what a reader sees is its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from evaltools.errors import ScopeError, nearest


class Term(StrEnum):
    """A vocabulary entry: `Term.value` is what data holds, `.zh` and `.en` are its labels."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str):
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en
        return member


def label(term: Term | str, lang: str = "zh") -> str:
    """The label of a term in `lang` ("zh" or "en"); plain text is returned as it is."""
    return getattr(term, lang, str(term)) if isinstance(term, Term) else str(term)


class VerdictState(Term):
    """Three states from evidence, three for its absence; unknown is never met."""

    MET = "met", "达标", "met"
    NOT_MET = "not_met", "未达标", "not met"
    UNDECIDED = "undecided", "样本不足以判定", "undecided with this sample"
    EVIDENCE_MISSING = "evidence_missing", "证据缺失", "evidence missing"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"
    RULE_UNDEFINED = "rule_undefined", "无规定", "no rule defined"


class Guarantee(Term):
    """两不愁三保障; drinking water is its own entry (`DRINKING_WATER`)."""

    FOOD = "food", "不愁吃", "food"
    CLOTHING = "clothing", "不愁穿", "clothing"
    EDUCATION = "education", "义务教育", "compulsory education"
    HEALTHCARE = "healthcare", "基本医疗", "basic healthcare"
    HOUSING = "housing", "住房安全", "safe housing"
    DRINKING_WATER = "drinking_water", "饮水安全", "safe drinking water"


class LabourCapacity(Term):
    FULL = "full", "有劳动能力", "with labour capacity"
    PARTIAL = "partial", "部分丧失劳动能力", "partly without labour capacity"
    NONE = "none", "完全丧失劳动能力", "without labour capacity"


class ExitRoute(Term):
    INCOME = "income", "增收脱贫", "income route"
    SAFETY_NET = "safety_net", "兜底脱贫", "safety-net route"
    UNKNOWN = "unknown", "路径不明", "route unknown"


class RegistryStatus(Term):
    """Where a household stands in the registry at the end of the year."""

    NEVER = "never", "非建档立卡户", "never registered"
    POOR = "poor", "未脱贫户", "registered, not exited"
    EXITED = "exited", "已脱贫户", "registered, exited"
    REMOVED = "removed", "已清退户", "removed from the registry"


class HouseholdGroup(Term):
    """The three groups of the 5:3:2 field sample."""

    REGISTERED_LABOUR = "registered_labour", "有劳动能力建档立卡户", "registered, with labour"
    NON_REGISTERED = "non_registered", "非建档立卡户", "non-registered"
    REGISTERED_NO_LABOUR = "registered_no_labour", "无劳动能力建档立卡户", "registered, without labour"


class MonitoringCategory(Term):
    NOT_YET_EXITED = "not_yet_exited", "未脱贫户", "not yet exited"
    UNSTABLE_EXITED = "unstable_exited", "脱贫不稳定户", "unstable exited"
    MARGINAL_AT_RISK = "marginal_at_risk", "边缘易致贫户", "marginal at risk"
    SUDDEN_HARDSHIP = "sudden_hardship", "突发严重困难户", "sudden severe hardship"


class Payer(Term):
    PROVINCE = "province", "省级财政", "province"
    HELPING_CITY = "helping_city", "对口帮扶市", "helping city"
    LOCAL_CITY = "local_city", "属地市", "city of residence"
    DISTRICT = "district", "区级财政", "districts of the helping city"
    ENTERPRISE = "enterprise", "市属国有企业", "municipal state enterprises"


class HelperType(Term):
    """Who is in charge of helping a poor village (粤农农函〔2020〕571号)."""

    PROVINCIAL_UNIT = "provincial_unit", "省直和中直驻粤单位", "provincial and central units"
    PEARL_DELTA_CITY = "pearl_delta_city", "珠三角对口帮扶市", "helping city of the Pearl River Delta"
    OWN_CITY = "own_city", "本市自行帮扶", "the city itself"
    LOCAL_UNIT = "local_unit", "粤东西北本地帮扶", "local units"


class CityRole(Term):
    HELPED = "helped", "被帮扶市", "helped city"
    SELF_HELP = "self_help", "自行帮扶市", "self-help city"
    HELPING = "helping", "帮扶市", "helping city"


@dataclass(frozen=True)
class City:
    """One of the 21 prefecture-level cities. `code`: GB/T 2260, six digits, text."""

    code: str
    key: str
    zh: str
    en: str
    role: CityRole
    has_tasks: bool
    """One of the 14 cities with poverty-alleviation tasks (粤农农函〔2020〕571号); 江门 is not."""

    @property
    def name(self) -> str:
        return self.zh + "市"

    def label(self, lang: str = "zh") -> str:
        return self.name if lang == "zh" else self.en


_H, _S, _P = CityRole.HELPED, CityRole.SELF_HELP, CityRole.HELPING
CITIES: tuple[City, ...] = (
    City("440100", "guangzhou", "广州", "Guangzhou", _P, False),
    City("440200", "shaoguan", "韶关", "Shaoguan", _H, True),
    City("440300", "shenzhen", "深圳", "Shenzhen", _P, False),
    City("440400", "zhuhai", "珠海", "Zhuhai", _P, False),
    City("440500", "shantou", "汕头", "Shantou", _S, True),
    City("440600", "foshan", "佛山", "Foshan", _P, False),
    City("440700", "jiangmen", "江门", "Jiangmen", _S, False),
    City("440800", "zhanjiang", "湛江", "Zhanjiang", _H, True),
    City("440900", "maoming", "茂名", "Maoming", _H, True),
    City("441200", "zhaoqing", "肇庆", "Zhaoqing", _H, True),
    City("441300", "huizhou", "惠州", "Huizhou", _S, True),
    City("441400", "meizhou", "梅州", "Meizhou", _H, True),
    City("441500", "shanwei", "汕尾", "Shanwei", _H, True),
    City("441600", "heyuan", "河源", "Heyuan", _H, True),
    City("441700", "yangjiang", "阳江", "Yangjiang", _H, True),
    City("441800", "qingyuan", "清远", "Qingyuan", _H, True),
    City("441900", "dongguan", "东莞", "Dongguan", _P, False),
    City("442000", "zhongshan", "中山", "Zhongshan", _P, False),
    City("445100", "chaozhou", "潮州", "Chaozhou", _H, True),
    City("445200", "jieyang", "揭阳", "Jieyang", _H, True),
    City("445300", "yunfu", "云浮", "Yunfu", _H, True),
)

_BY_NAME = {name: c for c in CITIES for name in (c.code, c.code[:4], c.key, c.zh, c.name, c.en.lower())}


def city(name: City | str | int) -> City:
    """The city meant by 梅州, 梅州市, meizhou, Meizhou or 441400.

    >>> city("梅州市").key
    'meizhou'
    """
    if isinstance(name, City):
        return name
    found = _BY_NAME.get(str(name).strip().lower())
    if found is None:
        valid = [c.key for c in CITIES] + [c.zh for c in CITIES]
        raise ScopeError(
            f"unknown city {str(name)!r}", expected=nearest(str(name).strip().lower(), valid),
            todo="give a city of Guangdong as 梅州, 梅州市, meizhou or 441400",
        )  # fmt: skip
    return found


PROVINCE_KEY = "province"
"""Stands where a city's key stands for the report of the whole province: its folder and its record."""


def place_label(key: str, lang: str = "zh") -> str:
    """The name of a city by its key, or of the province by `PROVINCE_KEY`."""
    if key == PROVINCE_KEY:
        return "广东省" if lang == "zh" else "Guangdong Province"
    return city(key).label(lang)


def values(enum: type[Enum]) -> tuple[str, ...]:
    """The stored values of a vocabulary, in order."""
    return tuple(m.value for m in enum)
