"""The chapters of a city's report: found → how sure → which clause → where worst → what to do; every number bound."""

from evaltools.report.chapters.city import build_city_report

__all__ = ["build_city_report"]
