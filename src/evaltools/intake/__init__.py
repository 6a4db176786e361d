"""The border: data contracts, readers, cleaning, pseudonyms and the quality ledger. What leaves has passed its contract."""

from evaltools.intake.contract import Column, Contract, contract_names, contracts, load_contract

__all__ = ["Column", "Contract", "contract_names", "contracts", "load_contract"]
