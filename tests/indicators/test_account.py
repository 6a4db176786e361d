"""The registry's account closes, and where it does not the county is named."""

import pandas as pd
import pytest

from evaltools.indicators import stock_flow


@pytest.fixture
def registry(make):
    """2018 to 2020 in one county, by hand.

    H1 poor throughout, one birth in 2019; H2 exits 2019; H3 registered 2019, 2 persons; H4 exits 2018, returns 2020;
    H5 poor 2018, removed 2019; H6 poor 2018-2019, dies out 2020; H7 exited all along, dies out 2020; H8 moves in 2020.
    """

    def row(hid, year, status, persons=3, came="none", went="none", start=None, joined=0, left=0):
        return make.household(
            hid, year=year, registry_status=status, persons=persons, change_in=came, change_out=went,
            persons_start=persons - joined + left if start is None else start, persons_joined=joined, persons_left=left,
        )  # fmt: skip

    return [
        row("H1", 2018, "poor"), row("H1", 2019, "poor", 4, joined=1), row("H1", 2020, "poor", 4),
        row("H2", 2018, "poor", 5), row("H2", 2019, "exited", 5, went="exited"), row("H2", 2020, "exited", 6, joined=1),
        row("H3", 2019, "poor", 2, came="registered"), row("H3", 2020, "poor", 1, left=1),
        row("H4", 2018, "exited", 3, went="exited"), row("H4", 2019, "exited"),
        row("H4", 2020, "poor", 3, came="returned"),
        row("H5", 2018, "poor", 6), row("H5", 2019, "removed", 6, went="removed"), row("H5", 2020, "removed", 6),
        row("H6", 2018, "poor", 1), row("H6", 2019, "poor", 1), row("H6", 2020, "poor", 1, went="died_out"),
        row("H7", 2018, "exited"), row("H7", 2019, "exited"), row("H7", 2020, "exited", went="died_out"),
        row("H8", 2020, "poor", 2, came="moved_in"),
    ]  # fmt: skip


def account(make, rows, **options):
    return stock_flow(make.tables(households=make.typed(rows)), **options)


def line(found, year, unit="households"):
    frame = found.frame
    return frame[(frame["year"] == year) & (frame["unit"] == unit)].iloc[0]


def test_the_account_closes_in_households_and_persons(registry, make):
    found = account(make, registry)
    y2019 = line(found, 2019)
    assert y2019[["opening", "registered", "exited", "removed", "closing", "residual"]].tolist() == [4, 1, 1, 1, 3, 0]
    p2019 = line(found, 2019, "persons")  # 3 + 5 + 6 + 1, + 2 registered + 1 born - 5 exited - 6 removed
    assert p2019[["opening", "registered", "joined", "exited", "removed"]].tolist() == [15, 2, 1, 5, 6]
    assert p2019[["expected", "closing", "residual"]].tolist() == [7, 7, 0]
    y2020 = line(found, 2020)
    assert y2020[["opening", "returned", "moved_in", "died_out", "closing"]].tolist() == [3, 1, 1, 1, 4]
    assert line(found, 2020, "persons")[["left", "residual"]].tolist() == [1, 0]
    assert found.offending.empty


def test_the_first_year_has_no_opening_and_no_residual(registry, make):
    first = line(account(make, registry), 2018)
    assert not first["has_opening"]
    assert pd.isna(first["residual"])


def test_a_household_that_vanishes_appears_or_changes_without_an_event_is_a_residual(registry, make):
    vanished = [r for r in registry if (r["household_id"], r["year"]) != ("H1", 2020)]
    found = account(make, vanished)
    assert line(found, 2020)["residual"] == -1
    assert found.offending[["county_code", "year", "unit"]].to_numpy().tolist() == [
        ["441402", 2020, "households"], ["441402", 2020, "persons"],
    ]  # fmt: skip
    silent_exit = [dict(r) for r in registry]
    silent_exit[4]["change_out"] = "none"
    assert line(account(make, silent_exit), 2019)["residual"] == -1
    appeared = [*registry, make.household("H99", registry_status="poor", persons=7)]
    assert line(account(make, appeared), 2020, "persons")["residual"] == 7


def test_a_household_that_died_out_and_is_listed_again_is_a_residual(registry, make):
    rows = [dict(r) for r in registry]
    rows[15]["change_out"] = "died_out"  # H6 in 2019, whose row of 2020 says that it died out then
    found = account(make, rows)
    assert line(found, 2019)["residual"] == 0
    assert line(found, 2019)["died_out"] == 1
    assert line(found, 2020)["residual"] == 0
    rows[16]["change_out"] = "none"
    assert line(account(make, rows), 2020)["residual"] == 1


def test_a_removed_household_still_counted_as_poor_is_a_residual(registry, make):
    rows = [dict(r) for r in registry]
    rows[12]["registry_status"] = "poor"  # H5, removed in 2019
    assert line(account(make, rows), 2019)["residual"] == 1


def test_a_registry_without_its_moves_has_no_account(registry, make):
    found = account(make, [r | {"change_in": None} for r in registry])
    assert found.missing == ("change_in",)
    assert found.frame.empty


def test_non_registered_neighbours_and_later_years_stay_out(registry, make):
    rows = [*registry, make.household("N1", registry_status="never")]
    found = account(make, rows, until=2019)
    assert found.frame["year"].max() == 2019
    assert line(found, 2019)["closing"] == 3


def test_totals_add_the_counties_up(registry, make):
    other = [r | {"county_code": "441403", "household_id": "X" + r["household_id"]} for r in registry]
    found = account(make, registry + other)
    total = found.totals[(found.totals["year"] == 2019) & (found.totals["unit"] == "households")].iloc[0]
    assert total[["opening", "closing", "residual"]].tolist() == [8, 6, 0]


def test_a_county_whose_rows_all_vanish_keeps_its_opening(registry, make):
    other = [
        r | {"county_code": "441403", "household_id": "X" + r["household_id"]} for r in registry if r["year"] < 2020
    ]
    found = account(make, registry + other)
    gone = found.frame[(found.frame["county_code"] == "441403") & (found.frame["year"] == 2020)]
    assert (gone["residual"] < 0).all()
    assert len(gone) == 2
