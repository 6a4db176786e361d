"""What the reader does with identifiers: pseudonyms for declared ones, masks for planted ones, nothing in messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from evaltools.intake.contract import Column
from evaltools.intake.convert import Problem
from evaltools.intake.identifiers import KEY_CANDIDATE, candidates, key_identifier, mask_column, redact
from evaltools.intake.pseudonyms import PSEUDONYM, PseudonymKey

NAME_MASK = "〔姓名〕"
_RULES = {"id_number": "invalid-id-number", "phone": "invalid-phone", "name": "invalid-name"}
_MESSAGES = {
    "id_number": "not a valid identity number (length, date or check character); it cannot be linked",
    "phone": "not a telephone number; it cannot be linked",
    "name": "not a name; it cannot be linked",
}
# The commonest surnames: enough to keep a person's name out of a message when columns have slipped.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛"
    "闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤温庄赖古丘翁凌卓巫骆饶欧区麦甘植劳招冼岑容伍柯洪康游阮施纪涂蓝符詹连柳鲁葛庞颜倪樊"
)
_NAME = re.compile(rf"(?:欧阳|司徒|上官|[{_SURNAMES}])[一-鿿·]{{1,3}}")


def shown_value(value: object) -> str:
    """A raw value as a message may show it: no identity number, no telephone, nothing like a person's name."""
    text = redact(value).strip()
    return NAME_MASK if _NAME.fullmatch(re.sub(r"\s", "", text)) else text


def pseudonymise(
    values: pd.Series, column: Column, key: Callable[[], PseudonymKey] | None
) -> tuple[pd.Series, Problem | None, int]:
    """(pseudonyms, problem of values that are no valid identifier, number replaced).

    `key` None: the file already holds pseudonyms, which are checked for their form, so that nothing else comes in under
    that name.
    """
    kind = column.identifying or ""
    if not values.notna().any():
        return values.astype("str"), None, 0
    if key is None:
        wrong = values.notna() & ~values.astype("str").str.fullmatch(PSEUDONYM.pattern, na=False)
        problem = Problem(np.flatnonzero(wrong), "not-a-pseudonym", "a pseudonym column holds something else")
        return values.mask(wrong), problem if wrong.any() else None, 0
    hashed, wrong = key().column(values, kind)
    problem = Problem(np.flatnonzero(wrong), _RULES[kind], _MESSAGES[kind], "warning") if wrong.any() else None
    return hashed, problem, int(hashed.notna().sum())


def clean_texts(
    new: dict[str, pd.Series], raw: dict[str, pd.Series], columns: Sequence[Column], key: Callable[[], PseudonymKey],
    notes: Counter[str],
) -> None:  # fmt: skip
    """Replace planted identifiers in the text columns of `new`, in place, and count them in `notes`.

    Numbers of households and persons that are identity numbers or telephones become pseudonyms (they must still link);
    in any other text the identifier is masked, and so is the person's own name in free text.
    """
    names = [raw[c.name] for c in columns if c.identifying == "name" and c.name in raw]
    for column in columns:
        if column.type != "text" or column.identifying or column.name not in raw:
            continue
        if column.name.endswith("_id") or column.name == "id":
            new[column.output] = _keys(new[column.output], column, key, notes)
        elif not column.pattern:
            new[column.output], found = mask_column(new[column.output])
            notes.update({f"{what}: {column.name}": n for what, n in found.items()})
            if column.free_text:
                for own in names:
                    new[column.output] = _own_name(new[column.output], own, column, notes)


def _keys(values: pd.Series, column: Column, key: Callable[[], PseudonymKey], notes: Counter[str]) -> pd.Series:
    replaced = values
    for position in candidates(values, KEY_CANDIDATE).tolist():
        found = key_identifier(str(values.iloc[position]))
        if found is not None:
            if replaced is values:
                replaced = values.copy()
            replaced.iloc[position] = key().pseudonym(*found)
            notes[f"identifiers used as numbers, replaced by pseudonyms: {column.name}"] += 1
    return replaced


def _own_name(values: pd.Series, names: pd.Series, column: Column, notes: Counter[str]) -> pd.Series:
    both = np.flatnonzero((values.notna() & names.notna()).to_numpy())
    replaced = values
    for position in both.tolist():
        name = re.sub(r"\s", "", str(names.iloc[position]))
        text = str(values.iloc[position])
        if len(name) >= 2 and name in text:
            if replaced is values:
                replaced = values.copy()
            replaced.iloc[position] = text.replace(name, NAME_MASK)
            notes[f"names masked: {column.name}"] += 1
    return replaced
