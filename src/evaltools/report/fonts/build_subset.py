"""Build the shipped faces from Noto CJK: static, Simplified Chinese, subset.

    python build_subset.py FOLDER_WITH_NOTO_CJK [TEXT_FILE ...]

The folder holds `NotoSansCJK-Regular.ttc`, `NotoSerifCJK-Regular.ttc` and so on (the names of the upstream release) or
the single `NotoSansCJKsc-Regular.otf` files. A collection is opened by family name, never by position: its first face
is the Japanese one. Text files add the characters they hold. The faces are renamed ("... Subset"), so that a modified
version is never taken for the original and never hides a full one installed on the same machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).resolve().parent
FACES = (("Serif", "Regular"), ("Serif", "Bold"), ("Sans", "Regular"), ("Sans", "Bold"))
FEATURES = ["kern"]
"""Not `locl`, `liga`, `ccmp`: they would drag in the forms of other regions, half of the size."""
NOTE = "Subset of {family}, version {version}. Modified: characters removed, renamed. SIL OFL 1.1, see OFL.txt."


def gb2312() -> set[str]:
    """The characters of GB/T 2312-1980: every two-byte code that decodes."""
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {p.decode("gb2312", "ignore") for p in pairs} - {""}


def extra(path: Path) -> set[str]:
    """The characters of a text file, without its comment lines and white space."""
    lines = [s for s in path.read_text("utf-8").splitlines() if not s.startswith("#")]
    return {c for c in "".join(lines) if not c.isspace()}


def wanted(texts: list[Path]) -> set[str]:
    """All characters of the shipped faces: printable ASCII and Latin-1, GB2312, `extra_characters.txt`, texts."""
    latin = {chr(c) for c in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    return latin.union(gb2312(), extra(HERE / "extra_characters.txt"), *(extra(t) for t in texts))


def open_face(folder: Path, style: str, weight: str) -> TTFont:
    """The Simplified Chinese face of a style. Raises FileNotFoundError with the names that were looked for."""
    single, collection = folder / f"Noto{style}CJKsc-{weight}.otf", folder / f"Noto{style}CJK-{weight}.ttc"
    if single.exists():
        return TTFont(single)
    if not collection.exists():
        raise FileNotFoundError(f"neither {single.name} nor {collection.name} is in {folder}")
    family = f"Noto {style} CJK SC"
    for face in TTCollection(collection).fonts:
        if face["name"].getBestFamilyName() == family:
            return face
    raise FileNotFoundError(f"{collection.name} holds no face named {family!r}")


def subset(font: TTFont, characters: set[str]) -> list[str]:
    """Cut `font` down to `characters` in place; returns the characters that the source font lacks."""
    held = font.getBestCmap() or {}
    lacking = sorted(c for c in characters if ord(c) not in held)
    options = Options(
        layout_features=FEATURES, hinting=False, name_IDs=["*"], name_languages=[0x409], notdef_outline=True,
        glyph_names=False, drop_tables=["VORG", "vhea", "vmtx", "DSIG", "BASE"],
    )  # fmt: skip
    cutter = Subsetter(options)
    cutter.populate(text="".join(sorted(characters)))
    cutter.subset(font)
    return lacking


def rename(font: TTFont, style: str, weight: str) -> None:
    """Give the face a family name of its own and say what was modified; copyright and licence entries stay."""
    names, family = font["name"], f"Noto {style} CJK SC Subset"
    version = (names.getDebugName(5) or "").split(";")[0].removeprefix("Version ")
    postscript = f"Noto{style}CJKscSubset-{weight}"
    full = family if weight == "Regular" else f"{family} {weight}"
    note = NOTE.format(family=family.removesuffix(" Subset"), version=version)
    values = {1: family, 2: weight, 3: f"{version};{postscript}", 4: full, 6: postscript, 10: note}
    names.names = [n for n in names.names if n.platformID == 3 and n.nameID not in (16, 17, 21, 22)]
    for name_id, text in values.items():
        names.setName(text, name_id, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName = full, family


def build(folder: Path, texts: list[Path], out: Path = HERE) -> Iterator[str]:
    """Write the four faces to `out`; yields one line on each."""
    characters = wanted(texts)
    for style, weight in FACES:
        font = open_face(folder, style, weight)
        font.recalcTimestamp = False
        lacking = subset(font, characters)
        rename(font, style, weight)
        path = out / f"Noto{style}CJKsc-{weight}.subset.otf"
        font.save(path)
        told = f", not in the source: {' '.join(lacking)}" if lacking else ""
        yield f"{path.name}: {len(characters) - len(lacking)} characters, {path.stat().st_size / 1e6:.2f} MB{told}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for line in build(Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]]):
        sys.stdout.write(line + "\n")
