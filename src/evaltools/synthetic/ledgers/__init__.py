"""The ledgers beside the registry: every further table of the contracts, consistent with the registry.

Each module writes tables of one theme from the same arrays; what breaks a rule is planted, and listed.
"""

from evaltools.synthetic.ledgers.all import city_ledgers, province_ledgers

__all__ = ["city_ledgers", "province_ledgers"]
