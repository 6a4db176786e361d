"""Who helps whom."""

from __future__ import annotations

import pytest

from evaltools.errors import RuleBookError, ScopeError
from evaltools.standards import Fields, RuleBook, parse_yaml
from evaltools.standards.pairings import read_pairings
from evaltools.terms import CITIES, CityRole

BOOK = RuleBook.load()
PAIRS = BOOK.pairings


def test_six_cities_help_twelve_as_article_22_says():
    expected = {
        "广州": ("梅州", "清远"), "深圳": ("汕尾", "河源"), "珠海": ("茂名", "阳江"), "佛山": ("湛江", "云浮"),
        "东莞": ("韶关", "揭阳"), "中山": ("肇庆", "潮州"),
    }  # fmt: skip
    names = {c.code: c.zh for c in CITIES}
    for helper, helped in expected.items():
        assert sorted(names[c] for c in PAIRS.helped_by(helper)) == sorted(helped)
        for name in helped:
            assert names[str(PAIRS.helper_of(name))] == helper


def test_pairs_agree_with_the_roles_of_the_cities():
    for c in CITIES:
        assert (PAIRS.helper_of(c) is not None) == (c.role is CityRole.HELPED)
        assert bool(PAIRS.helped_by(c)) == (c.role is CityRole.HELPING)
    assert {p.helped for p in PAIRS.of_kind("self_help")} == {c.code for c in CITIES if c.role is CityRole.SELF_HELP}


def test_no_pair_holds_before_the_opinion_was_issued():
    assert PAIRS.helper_of("梅州", as_of="2016-06-03") is None
    assert PAIRS.helper_of("梅州", as_of="2016-06-04") == "440100"


def test_eight_parties_supervise_eight_cities():
    pairs = PAIRS.of_kind("supervision")
    assert len(pairs) == len({p.helped for p in pairs}) == 8
    assert {p.helper for p in pairs if p.helped == "445300"} == {"民革省委会"}


def test_east_west_pairs_follow_the_plan_of_2018():
    pairs = {(p.helper, p.helped) for p in PAIRS.of_kind("east_west")}
    assert ("440600", "四川省凉山彝族自治州") in pairs
    assert ("440100", "贵州省毕节市") in pairs
    assert len(pairs) == 8


def test_a_city_with_two_helpers_at_once_is_refused():
    cited = "document: 粤发〔2016〕13号, clause: 第22条, status: prescribed, confirmed: 2020-01-01"
    line = "{kind: counterpart, helper: %s, helped: 梅州, from: %s, " + cited + "%s}"
    documents = dict(BOOK.vocabulary.documents)

    def read(*lines):
        fields = tuple(Fields(parse_yaml(text), "p.yaml", f"pairing {i}") for i, text in enumerate(lines))
        return read_pairings(fields, documents)

    with pytest.raises(RuleBookError, match="two helpers at once"):
        read(line % ("广州", "2016-06-04", ""), line % ("深圳", "2018-01-01", ""))
    later = read(line % ("广州", "2016-06-04", ", to: 2017-12-31"), line % ("深圳", "2018-01-01", ""))
    assert (later.helper_of("梅州", "2017-12-31"), later.helper_of("梅州", "2018-01-01")) == ("440100", "440300")
    with pytest.raises(RuleBookError, match="unknown city"):
        read(line % ("广洲", "2016-06-04", ""))


def test_unknown_names_are_refused():
    with pytest.raises(ScopeError):
        PAIRS.helper_of("广洲")
    with pytest.raises(RuleBookError):
        PAIRS.of_kind("marriage")
