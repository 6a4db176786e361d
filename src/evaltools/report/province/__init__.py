"""The province's report: all cities on one page each way, nobody put in an order that the evidence does not carry."""

from evaltools.report.province.build import build_province_report
from evaltools.report.province.model import ClaimTables, MoneyTables, ProvinceInput, ProvinceReport

__all__ = ["ClaimTables", "MoneyTables", "ProvinceInput", "ProvinceReport", "build_province_report"]
