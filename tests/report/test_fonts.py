"""The shipped faces: what they hold, whose they are, what happens when a character is missing."""

from __future__ import annotations

import shutil

import pytest
from fontTools.ttLib import TTFont

from evaltools import terms
from evaltools.errors import DataMissingError, ReportError
from evaltools.report import fonts

PLACES = "汫洲 浛洸 榃滨 塘㙍 梅菉 鲘门 礐石 北滘 潖江 浰源"


def gb2312() -> str:
    pairs = (bytes((a, b)) for a in range(0xA1, 0xF8) for b in range(0xA1, 0xFF))
    return "".join(p.decode("gb2312", "ignore") for p in pairs)


def test_gb2312_is_covered_by_every_face():
    assert len(gb2312()) == 7445
    assert fonts.missing(gb2312()) == []


def test_the_cities_and_rare_place_names_are_covered():
    assert fonts.missing(PLACES + "".join(c.name for c in terms.CITIES)) == []


def test_signs_of_the_reports_are_covered():
    assert fonts.missing("≥≤ρ±−–—·①〔〕％‰%～※²→°×÷αβσ√∞✓") == []


@pytest.mark.parametrize("place", ["汫洲", "塘㙍"])
def test_rare_characters_have_outlines_not_boxes(place):
    for path in fonts.shipped():
        with TTFont(path) as font:
            outlines, names = font.getGlyphSet(), font.getBestCmap()
            from fontTools.pens.boundsPen import BoundsPen

            for c in place:
                pen = BoundsPen(outlines)
                outlines[names[ord(c)]].draw(pen)
                assert names[ord(c)] != ".notdef"
                assert pen.bounds is not None


def test_a_missing_glyph_is_named_with_code_point_and_place():
    with pytest.raises(ReportError, match=r"𠮷 \(U\+20BB7\)") as caught:
        fonts.check_glyphs([("表2-1", "在𠮷山村入户"), ("二", "正文")])
    assert "表2-1" in str(caught.value)
    assert "在𠮷山村入户" in str(caught.value)


def test_line_ends_and_invisible_signs_are_not_missing():
    fonts.check_glyphs("甲\n乙\t丙\u200b\ufeff")


def test_the_user_may_add_a_face(tmp_path, monkeypatch):
    shutil.copy(fonts.shipped()[0], tmp_path / "mine.otf")
    (tmp_path / "readme.txt").write_text("x", "utf-8")
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path))
    assert fonts.added() == (tmp_path / "mine.otf",)
    assert len(fonts.families()) == 3
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(DataMissingError, match="EVALTOOLS_FONTS"):
        fonts.added()


def test_the_licence_travels_with_the_faces_and_the_names_say_they_are_modified():
    licence = (fonts.FOLDER / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Adobe" in licence
    for path in fonts.shipped():
        with TTFont(path) as font:
            names = font["name"]
            assert names.getBestFamilyName() in (fonts.SERIF, fonts.SANS)
            assert "SIL Open Font License" in names.getDebugName(13)
            assert "Adobe" in names.getDebugName(0)


def test_the_faces_stay_small():
    sizes = [p.stat().st_size for p in fonts.shipped()]
    assert len(sizes) == 4
    assert max(sizes) < 3.4e6
    assert sum(sizes) < 12e6


def test_charts_use_the_shipped_face_by_name():
    from matplotlib import font_manager

    (family,) = fonts.chart_family()
    for weight in ("normal", "bold"):
        wanted = font_manager.FontProperties(family=family, weight=weight)
        found = font_manager.findfont(wanted, fallback_to_default=False)
        assert str(fonts.FOLDER) in found
