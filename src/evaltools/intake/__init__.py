"""The border: data contracts, readers, cleaning, pseudonyms, the quality ledger. What leaves has passed."""

from evaltools.intake.check import check_folder
from evaltools.intake.contract import Column, Contract, contract_names, contracts, load_contract
from evaltools.intake.mapping import Mapping
from evaltools.intake.quality import QualityReport, TableQuality, Violation
from evaltools.intake.tables import Tables, open_tables, read_table
from evaltools.intake.templates import write_templates

__all__ = [
    "Column",
    "Contract",
    "Mapping",
    "QualityReport",
    "TableQuality",
    "Tables",
    "Violation",
    "check_folder",
    "contract_names",
    "contracts",
    "load_contract",
    "open_tables",
    "read_table",
    "write_templates",
]
