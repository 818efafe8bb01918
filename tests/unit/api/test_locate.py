from __future__ import annotations

import pytest
import shapely

from tocsin.api.locate import grid_of
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import GridRecord
from tocsin.town.locator import Locator


def grid(
    path: str, latitude: float | None, tier: Tier = Tier.VILLAGE, outline: shapely.Polygon | None = None
) -> GridRecord:
    centre = None if latitude is None else Position(latitude, 120.0)
    codes = path.split(".")
    parent = GridCode(codes[-2]) if len(codes) > 1 else None
    made = Grid(code=GridCode(codes[-1]), name=path, parent=parent, tier=tier, path=path, centre=centre)
    return GridRecord(
        grid=made,
        level=len(codes),
        outline=None if outline is None else outline.wkb,
        has_outline=bool(outline),
    )


BARE = Locator(
    [grid("10", 30.05, Tier.TOWNSHIP), grid("10.101", 30.0), grid("10.102", 30.1), grid("10.103", None),
     grid("20", 30.3, Tier.TOWNSHIP), grid("20.201", 30.12)]
)  # fmt: skip
DRAWN = Locator(
    [grid("10", None, Tier.TOWNSHIP), grid("10.101", None, outline=shapely.box(119.9, 29.9, 120.1, 30.1)),
     grid("20", None, Tier.TOWNSHIP), grid("20.201", None, outline=shapely.box(119.9, 30.1, 120.1, 30.3))]
)  # fmt: skip


def test_a_named_grid_wins_over_the_place() -> None:
    assert grid_of(BARE, "", GridCode("102"), Position(30.0, 120.0)) == "102"


@pytest.mark.parametrize("code", ["201", "999"])
def test_a_grid_outside_the_scope_is_unknown(code: str) -> None:
    with pytest.raises(NotFound) as refused:
        grid_of(BARE, "10", GridCode(code), None)
    assert refused.value.code == "grid.unknown"


def test_the_grid_in_which_the_place_lies_is_taken() -> None:
    assert grid_of(DRAWN, "", None, Position(30.05, 120.0)) == "101"


def test_a_place_in_the_neighbour_is_refused_and_not_pulled_over() -> None:
    with pytest.raises(Rejected) as refused:
        grid_of(DRAWN, "10", None, Position(30.2, 120.0))
    assert refused.value.code == "report.place"


def test_without_outlines_the_nearest_village_is_taken_not_the_township_over_it() -> None:
    assert grid_of(BARE, "", None, Position(30.06, 120.0)) == "102"


def test_without_outlines_the_nearest_village_of_the_scope_is_taken() -> None:
    assert grid_of(BARE, "", None, Position(30.13, 120.0)) == "201"
    assert grid_of(BARE, "10", None, Position(30.13, 120.0)) == "102"


@pytest.mark.parametrize("place", [None, Position(31.0, 120.0)])
def test_nowhere_and_far_away_are_refused(place: Position | None) -> None:
    with pytest.raises(Rejected) as refused:
        grid_of(BARE, "10", None, place)
    assert refused.value.code == "report.place"
