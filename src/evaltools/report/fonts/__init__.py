"""The shipped Chinese faces: where they are, under which names, and which characters they hold.

Noto Serif CJK SC and Noto Sans CJK SC, Regular and Bold, subset and renamed (SIL Open Font License 1.1, OFL.txt). A
folder named in the environment variable `EVALTOOLS_FONTS` adds faces for characters that these lack. Fonts installed on
the machine are never used, so that a report looks the same everywhere.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from evaltools.errors import DataMissingError, ReportError

FOLDER = Path(__file__).resolve().parent
SERIF, SANS = "Noto Serif CJK SC Subset", "Noto Sans CJK SC Subset"
"""Family names: body text; headings and charts. Not those of the full fonts, so that neither hides the other."""
VARIABLE = "EVALTOOLS_FONTS"
_SUFFIXES = (".otf", ".ttf")


def shipped() -> tuple[Path, ...]:
    """The files of the package. Errors: DataMissingError when the installation lacks them."""
    found = tuple(sorted(FOLDER.glob("*.otf")))
    if not found:
        raise DataMissingError("no font file in the package", expected="Noto*CJKsc-*.subset.otf",
                               where="evaltools/report/fonts", todo="install evaltools again")  # fmt: skip
    return found


def added() -> tuple[Path, ...]:
    """The user's files, from the folder in EVALTOOLS_FONTS. Errors: DataMissingError when the folder is not there."""
    named = os.environ.get(VARIABLE)
    if not named:
        return ()
    folder = Path(named)
    if not folder.is_dir():
        raise DataMissingError(f"no folder {folder.name!r}", where=f"environment variable {VARIABLE}",
                               expected="a folder with .otf or .ttf files")  # fmt: skip
    return tuple(sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES))


@cache
def _face(path: Path) -> tuple[str, frozenset[int]]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return str(font["name"].getBestFamilyName()), frozenset(font.getBestCmap() or ())


def families() -> tuple[str, ...]:
    """Family names for body text, in the order of falling back: serif, sans, the user's."""
    own = tuple(dict.fromkeys(_face(p)[0] for p in added()))
    return (SERIF, SANS, *own)


def covered() -> frozenset[int]:
    """Code points that print: those in every shipped face, and those in any face of the user."""
    return _covered(shipped(), added())


@cache
def _covered(common: tuple[Path, ...], more: tuple[Path, ...]) -> frozenset[int]:
    return frozenset.intersection(*(_face(p)[1] for p in common)).union(*(_face(p)[1] for p in more))


def chart_family() -> list[str]:
    """Family names for matplotlib's `font.family`; registers the faces by file once per process."""
    _register((*shipped(), *added()))
    return [SANS, *families()[2:]]


@cache
def _register(paths: tuple[Path, ...]) -> None:
    from matplotlib import font_manager

    for path in paths:
        font_manager.fontManager.addfont(path)


def missing(text: str) -> list[str]:
    """The characters of `text` that no face holds, in order of appearance; controls and white space do not print."""
    return _missing(text, covered())


def _missing(text: str, have: frozenset[int]) -> list[str]:
    return [c for c in dict.fromkeys(text) if ord(c) not in have and not _is_silent(c)]


def check_glyphs(texts: str | Iterable[tuple[str, str]], where: str = "") -> None:
    """Refuse text that would print as empty boxes.

    `texts`: one text, or pairs (where, text). Errors: ReportError naming each character, its code point and its place.
    """
    pairs = [(where, texts)] if isinstance(texts, str) else texts
    have, found = covered(), dict[str, str]()
    for place, text in pairs:
        for c in _missing(text, have):
            at = text.index(c)
            found.setdefault(c, f"{place}: …{text[max(0, at - 8) : at + 9].strip()}…" if place else text[:40])
    if found:
        seen = "、".join(f"{c} (U+{ord(c):04X})" for c in found)
        raise ReportError(
            f"no glyph for {seen}", where="; ".join(dict.fromkeys(found.values())),
            expected="characters of GB2312 and of extra_characters.txt",
            todo=f"put a free font that holds them into a folder and name it in {VARIABLE}, or build the subset anew "
            "with these characters (report/fonts/build_subset.py)",
            detail=[f"{c} U+{ord(c):04X} in {place}" for c, place in found.items()],
        )  # fmt: skip


def _is_silent(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp") or 0xFE00 <= ord(c) <= 0xFE0F
