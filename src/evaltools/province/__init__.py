"""The whole province in one year: its tables cut by city, its results, what its report is made from."""

from evaltools.province.evaluation import ProvinceEvaluation

__all__ = ["ProvinceEvaluation"]
