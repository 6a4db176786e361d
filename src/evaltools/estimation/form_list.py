"""The list that a field form looks households up in: what is known of each drawn household before the visit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError
from evaltools.estimation.cells import missing_columns
from evaltools.estimation.drawing import Draw

FORM_COLUMNS = (
    "household_id", "persons", "design", "year", "city_code", "county_code", "stratum", "village_code", "group", "weight",
    "registry_status", "identification_year",
)  # fmt: skip
FROM_ROSTER = ("persons", "registry_status", "identification_year")


def form_list(drawn: Draw, villages: pd.DataFrame, roster: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """One row a drawn household, main or replacement, with FORM_COLUMNS; `sample.csv` of the questionnaire.

    villages : the frame, with village_code, city_code and county_code; roster : household_id, persons, registry_status and,
    where known, identification_year. A replacement in a drawn village carries the weight of the household it stands in for
    (equal within village and group); in a replacement village it is empty until somebody says which village that replaces.

    Raises DataMissingError for a draw without households, a column that is not there, a household listed in the roster twice.
    """
    if not len(drawn.households):
        raise DataMissingError("no households were drawn", where="form list", expected="a roster when drawing")
    missing_columns(villages.columns, ["village_code", "city_code", "county_code"])
    missing_columns(roster.columns, ["household_id", "persons", "registry_status"])
    known = roster.drop_duplicates("household_id")
    if len(known) < len(roster):
        raise DataMissingError(
            f"{len(roster) - len(known)} households are in the roster twice", where="roster", expected="each household once"
        )
    listed = drawn.households.assign(design="main", year=year, weight=_weights(drawn.households))
    places = villages.drop_duplicates("village_code")[["village_code", "city_code", "county_code"]]
    listed = listed.merge(places, on="village_code", how="left", validate="m:1")
    facts = known.reindex(columns=["household_id", *FROM_ROSTER]).convert_dtypes()  # years and persons stay whole numbers
    return listed.merge(facts, on="household_id", how="left", validate="m:1")[list(FORM_COLUMNS)]


def _weights(households: pd.DataFrame) -> np.ndarray:
    """(n,) weights: the one of the main households of the same village and group; NaN where there is none."""
    keys = [households["village_code"], households["group"].astype("string").fillna("")]
    return households.groupby(keys)["weight"].transform("max").to_numpy(float)
