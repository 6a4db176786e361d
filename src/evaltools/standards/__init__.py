"""The rule book: dated and cited rules, pairings, and the published figures as claims.

    book = RuleBook.load()
    rules = book.at("2020-12-31", city="梅州")
    rules["exit.household_income_share"].cite()
"""

from evaltools.standards.facts import Claim, Claims
from evaltools.standards.pairings import Pairing, Pairings
from evaltools.standards.relations import Derived, Expression, Relation, Relations
from evaltools.standards.rule import Rule
from evaltools.standards.rulebook import RuleBook, check_day
from evaltools.standards.scope import evaluation_date
from evaltools.standards.snapshot import Rules
from evaltools.standards.spans import Span, evaluate, plain, written
from evaltools.standards.vocabulary import Applicability, Document, RuleStatus, VillageClass
from evaltools.standards.yamlfile import Block, Fields, load_yaml, parse_yaml, read_date, read_number

__all__ = [
    "Applicability", "Block", "Claim", "Claims", "Derived", "Document", "Expression", "Fields", "Pairing", "Pairings",
    "Relation", "Relations", "Rule", "RuleBook", "RuleStatus", "Rules", "Span", "VillageClass", "check_day", "evaluate",
    "evaluation_date", "load_yaml", "parse_yaml", "plain", "read_date", "read_number", "written",
]  # fmt: skip
