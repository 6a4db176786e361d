"""Plan, run and record the reports of many cities and of the province."""

from evaltools.batch.jobs import FORMATS, Job, cities_named, city_parameters, plan, province_parameters
from evaltools.batch.manifest import CityRecord, RunManifest
from evaltools.batch.parameters import read_parameter_file
from evaltools.batch.run import run

__all__ = ["FORMATS", "CityRecord", "Job", "RunManifest", "cities_named", "city_parameters", "plan",
           "province_parameters", "read_parameter_file", "run"]  # fmt: skip
