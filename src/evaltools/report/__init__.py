"""The reports: chapters as plain data, prose with bound numbers, and the writers. Names load when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaltools.report.blocks import Block, Chapter, Document
    from evaltools.report.chapters import build_city_report
    from evaltools.report.check import unbound_numerals
    from evaltools.report.index import write_index
    from evaltools.report.model import CityReport, HelpedCity, Provenance, ReportInput
    from evaltools.report.notebook import document_from_notebook
    from evaltools.report.staging import staged_folder, write_whole
    from evaltools.report.writers import write

_WHERE = {
    "Block": "blocks", "Chapter": "blocks", "Document": "blocks", "CityReport": "model", "HelpedCity": "model",
    "Provenance": "model", "ReportInput": "model", "build_city_report": "chapters",
    "document_from_notebook": "notebook", "staged_folder": "staging", "unbound_numerals": "check",
    "write": "writers", "write_index": "index",
    "write_whole": "staging",
}  # fmt: skip

__all__ = [
    "Block", "Chapter", "CityReport", "Document", "HelpedCity", "Provenance", "ReportInput", "build_city_report",
    "document_from_notebook", "staged_folder", "unbound_numerals", "write", "write_index", "write_whole",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
