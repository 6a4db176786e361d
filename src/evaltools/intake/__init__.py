"""The border: data contracts, readers, cleaning, pseudonyms and the quality ledger. What leaves has passed its contract."""

from evaltools.intake.contract import Column, Contract, contract_names, contracts, load_contract
from evaltools.intake.quality import QualityReport, TableQuality, Violation
from evaltools.intake.tables import Tables, open_tables, read_table

__all__ = [
    "Column", "Contract", "QualityReport", "TableQuality", "Tables", "Violation", "contract_names", "contracts",
    "load_contract", "open_tables", "read_table",
]  # fmt: skip
