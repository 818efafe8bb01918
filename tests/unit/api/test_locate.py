from __future__ import annotations

import pytest

from tocsin.api.locate import distance_m, grid_of
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import GridCode


def grid(code: str, latitude: float | None, tier: Tier = Tier.VILLAGE) -> Grid:
    centre = None if latitude is None else Position(latitude, 120.0)
    return Grid(code=GridCode(code), name=code, parent=None, tier=tier, path=code, centre=centre)


GRIDS = [grid("10", 30.05, Tier.TOWNSHIP), grid("101", 30.0), grid("102", 30.1), grid("103", None)]


def test_a_named_grid_wins_over_the_place() -> None:
    assert grid_of(GRIDS, GridCode("102"), Position(30.0, 120.0)) == "102"


def test_a_grid_outside_the_scope_is_unknown() -> None:
    with pytest.raises(NotFound) as refused:
        grid_of(GRIDS, GridCode("201"), None)
    assert refused.value.code == "grid.unknown"


def test_the_nearest_village_is_taken_not_the_township_over_it() -> None:
    assert grid_of(GRIDS, None, Position(30.06, 120.0)) == "102"


@pytest.mark.parametrize("place", [None, Position(31.0, 120.0)])
def test_nowhere_and_far_away_are_refused(place: Position | None) -> None:
    with pytest.raises(Rejected) as refused:
        grid_of(GRIDS, None, place)
    assert refused.value.code == "report.place"


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_m(Position(30.0, 120.0), Position(31.0, 120.0)) == pytest.approx(111_195, abs=10)
