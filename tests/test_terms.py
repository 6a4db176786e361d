"""21 cities with the roles of the documents; every label in two languages."""

import pytest

from evaltools import terms
from evaltools.errors import ScopeError


@pytest.mark.parametrize("name", ["梅州", "梅州市", "meizhou", "Meizhou", "441400", 441400, "4414"])
def test_a_city_is_known_by_each_of_its_names(name):
    assert terms.city(name).key == "meizhou"


def test_an_unknown_city_gets_the_nearest_names():
    with pytest.raises(ScopeError, match="meizhou"):
        terms.city("meizou")


def test_roles_are_those_of_the_documents():
    roles = {role: [c.zh for c in terms.CITIES if c.role is role] for role in terms.CityRole}
    assert len(terms.CITIES) == 21
    assert len(roles[terms.CityRole.HELPED]) == 12
    assert set(roles[terms.CityRole.SELF_HELP]) == {"汕头", "惠州", "江门"}
    assert set(roles[terms.CityRole.HELPING]) == {"广州", "深圳", "珠海", "佛山", "东莞", "中山"}
    assert sum(c.has_tasks for c in terms.CITIES) == 14
    assert not terms.city("江门").has_tasks


def test_every_term_has_a_chinese_and_an_english_label():
    lists = terms.Term.__subclasses__()
    assert len(lists) >= 9
    for term in (member for enum in lists for member in enum):
        assert term.zh
        assert term.en
        assert term.value.isascii()
        assert terms.label(term, "zh") == term.zh
