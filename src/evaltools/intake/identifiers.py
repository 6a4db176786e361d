"""Identity numbers, telephones and names: recognise, normalise, and mask where they do not belong.

Identity numbers follow GB 11643-1999: 17 digits and a check character (ISO 7064 MOD 11-2); the 15-digit form of
GB 11643-1989 is converted. Hong Kong, Macao and foreign documents have other forms and are not recognised here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter

import numpy as np
import pandas as pd

from evaltools.intake.arrow import matches

ID_MASK, PHONE_MASK = "〔证件号码〕", "〔电话〕"

_PROVINCES = {
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
}  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_SEP = r"[\s\-_·.]?"
_ID18 = re.compile(
    rf"(?<![0-9])(\d{{6}}){_SEP}(\d{{4}}){_SEP}(\d{{2}}){_SEP}(\d{{2}}){_SEP}(\d{{3}}){_SEP}([0-9Xx])(?![0-9])"
)
_ID15 = re.compile(rf"(?<![0-9])(\d{{6}}){_SEP}(\d{{2}}){_SEP}(\d{{2}}){_SEP}(\d{{2}}){_SEP}(\d{{3}})(?![0-9])")
_MOBILE = re.compile(rf"(?<![0-9])(?:\+?(?:00)?86{_SEP})?(1[3-9]\d){_SEP}(\d{{4}}){_SEP}(\d{{4}})(?![0-9])")
_LANDLINE = re.compile(r"(?<![0-9])(0(?:10|2\d|[3-9]\d\d))[\s\-_·.](\d{7,8})(?![0-9])")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?1[4-7]")
SHORTEST = 10
# Ten digits in any script, with at most one separator between two: nothing shorter can be an identifier.
CANDIDATE = r"\p{Nd}(?:[\s\-_·.]?\p{Nd}){9}"
KEY_CANDIDATE = r"^\s*(\p{Nd}{11}|\p{Nd}{17}[\p{Nd}XxＸｘ])\s*$"


def check_character(first17: str) -> str:
    """The 18th character of an identity number, from its first 17 digits."""
    return _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def normalise_id_number(text: str) -> str | None:
    """The 18-character identity number, or None where it is not one (form, date, province or check character).

    Full-width digits, blanks and hyphens are tolerated; 15 digits become 18 (sequence 996-999 was kept for people born
    in the 1800s).
    """
    plain = re.sub(r"[\s\-_·.]", "", unicodedata.normalize("NFKC", text)).upper()
    if re.fullmatch(r"\d{15}", plain):
        century = "18" if plain[12:15] in ("996", "997", "998", "999") else "19"
        first17 = plain[:6] + century + plain[6:]
        plain = first17 + check_character(first17)
    if not re.fullmatch(r"\d{17}[\dX]", plain) or not _plausible(plain[:6], plain[6:14]):
        return None
    return plain if check_character(plain[:17]) == plain[17] else None


def normalise_phone(text: str) -> str | None:
    """The digits of a mobile number (without 86) or of a landline with area code; None where it is neither."""
    plain = re.sub(r"[\s\-_·.()]", "", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"^(\+86|0086|86(?=1[3-9]\d{9}$))", "", plain)
    return plain if re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7}", plain) else None


def normalise_name(text: str) -> str | None:
    """A name without blanks, with one form of the middle dot; None where nothing is left."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[•・‧●.]", "·", plain) or None


def _plausible(region: str, date: str) -> bool:
    if region[:2] not in _PROVINCES or not "1800" <= date[:4] <= "2035":
        return False
    try:
        dt.date(int(date[:4]), int(date[4:6]), int(date[6:]))
    except ValueError:
        return False
    return True


def mask(text: str) -> tuple[str, Counter[str]]:
    """`text` with identity numbers and telephones replaced, and how many of each.

    A number of the right form counts whatever its check character: a mistyped identity number still identifies.
    """
    found: Counter[str] = Counter()
    plain = unicodedata.normalize("NFKC", text)

    def identity(match: re.Match[str]) -> str:
        date = match[2] + match[3] + match[4] if len(match[2]) == 4 else "19" + match[2] + match[3] + match[4]
        if not _plausible(match[1], date):
            return match[0]
        found["identity numbers masked"] += 1
        return ID_MASK

    def telephone(_: re.Match[str]) -> str:
        found["telephones masked"] += 1
        return PHONE_MASK

    masked = _ID15.sub(identity, _ID18.sub(identity, plain))
    masked = _LANDLINE.sub(telephone, _MOBILE.sub(telephone, masked))
    return (masked, found) if found else (text, found)


def redact(value: object) -> str:
    """A value as a message may show it: short, without identity numbers (rounded ones included) or telephones."""
    text = _ROUNDED.sub(ID_MASK, mask(str(value))[0])
    return text if len(text) <= 60 else text[:57] + "..."


def mask_column(values: pd.Series) -> tuple[pd.Series, Counter[str]]:
    """A text column with planted identity numbers and telephones masked, and how many of each.

    Values without ten digits in a row (separators allowed) are not looked at twice.
    """
    positions = candidates(values)
    found: Counter[str] = Counter()
    if not len(positions):
        return values, found
    replaced = values.copy()
    for position in positions:
        text, counts = mask(str(values.iloc[position]))
        if counts:
            replaced.iloc[position] = text
            found += counts
    return replaced, found


def candidates(values: pd.Series, pattern: str = CANDIDATE) -> np.ndarray:
    """Positions of the values that may hold an identifier (`KEY_CANDIDATE`: that may be one as a whole)."""
    return np.flatnonzero(matches(values, pattern))


def key_identifier(text: str) -> tuple[str, str] | None:
    """(kind, normalised) where a whole key value is an identity number or a mobile number, else None.

    Stricter than `mask`: a household number that merely looks like one must stay, so the check character decides
    and 15 digits are left alone (a 12-digit village code and a running number have 15 digits too).
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d{17}[\dXx]", plain):
        number = normalise_id_number(plain)
        return ("id_number", number) if number else None
    if re.fullmatch(r"1[3-9]\d{9}", plain):
        return "phone", plain
    return None
