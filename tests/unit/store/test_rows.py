from datetime import timedelta

import msgspec

from tests.support.response import START
from tocsin.core.grids import Position, Tier
from tocsin.store.rows import as_rows, grid_of, place_of


def test_values_travel_in_forms_that_the_database_reads() -> None:
    row = {"tier": Tier.VILLAGE, "at": START, "bytes": b"\x00\xff", "none": None, "text": "着火", "real": 0.1}
    (found,) = msgspec.json.decode(as_rows([row]))
    assert found == {
        "tier": "village",
        "at": START.isoformat().replace("+00:00", "Z"),
        "bytes": "AP8=",
        "none": None,
        "text": "着火",
        "real": 0.1,
    }


def test_instants_keep_their_microseconds() -> None:
    (found,) = msgspec.json.decode(as_rows([{"at": START + timedelta(microseconds=1)}]))
    assert found["at"].endswith("00.000001Z")


def test_a_place_needs_both_coordinates() -> None:
    assert place_of(1.0, 2.0, None) == Position(1.0, 2.0)
    assert place_of(None, 2.0, 3.0) is None


def test_a_grid_without_a_centre_has_none() -> None:
    row = {
        "code": "1",
        "name": "n",
        "parent": None,
        "tier": "city",
        "kind": "dedicated",
        "path": "1",
        "latitude": None,
        "longitude": None,
        "accuracy_m": None,
        "radius_m": 5.0,
    }
    assert grid_of(row).centre is None
