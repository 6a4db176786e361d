"""Plan, run and record the reports of many cities."""

from evaltools.batch.manifest import CityRecord, RunManifest
from evaltools.batch.plan import FORMATS, Job, city_parameters, plan
from evaltools.batch.run import run

__all__ = ["FORMATS", "CityRecord", "Job", "RunManifest", "city_parameters", "plan", "run"]
