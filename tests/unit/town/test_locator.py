from __future__ import annotations

import pytest

from tests.support.places import CELL, CITY, EAST, LEFT, LOW, NOW, TOWN, WEST, box, record, tree
from tocsin.core.grids import GridKind, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.town.locator import BORDER_M, Locator

TREE = Locator(tree())


def at(column: float, row: float) -> tuple[float, float]:
    return LOW + row * CELL, LEFT + column * CELL


def code(locator: Locator, point: tuple[float, float]) -> str | None:
    found = locator.find(*point)
    return None if found is None else found.grid.code


@pytest.mark.parametrize(
    ("column", "row", "grid"),
    [(0.5, 0.5, f"{WEST}002"), (0.5, 1.5, f"{WEST}001"), (1.5, 0.5, f"{EAST}002"), (1.5, 1.5, f"{EAST}001")],
)
def test_a_point_is_found_in_the_lowest_grid_that_holds_it(column: float, row: float, grid: str) -> None:
    found = TREE.find(*at(column, row))
    assert found is not None
    assert (found.grid.code, found.near_m, found.by_outline) == (grid, 0.0, True)


@pytest.mark.parametrize(("column", "row"), [(1, 1), (1, 0.5), (0.5, 1)])
def test_a_point_on_a_border_belongs_to_the_smaller_code_whatever_the_order(
    column: float, row: float
) -> None:
    backwards = Locator(reversed(tree()))
    leaves = (f"{EAST}001", f"{EAST}002", f"{WEST}001", f"{WEST}002")
    smallest = min(grid for grid in leaves if _touches(grid, column, row))
    assert code(TREE, at(column, row)) == code(backwards, at(column, row)) == smallest


def _touches(grid: str, column: float, row: float) -> bool:
    left = 1 if grid.startswith(EAST) else 0
    low = 1 if grid.endswith("001") else 0
    return left <= column <= left + 1 and low <= row <= low + 1


@pytest.mark.parametrize(("metres", "found"), [(BORDER_M - 2, True), (BORDER_M + 2, False)])
@pytest.mark.parametrize("way", ["north", "east"])
def test_a_point_just_outside_belongs_to_the_nearest_within_30_metres_either_way(
    metres: float, way: str, *, found: bool
) -> None:
    east = metres / 90_060 if way == "east" else 0.0
    north = metres / 111_320 if way == "north" else 0.0
    column, row = (2, 0.5) if way == "east" else (0.5, 2)
    latitude, longitude = at(column, row)
    result = TREE.find(latitude + north, longitude + east)
    assert (result is not None) is found
    if result is not None:
        assert result.near_m == pytest.approx(metres, rel=0.01)


def test_ground_that_the_children_leave_belongs_to_the_deepest_that_holds_it() -> None:
    locator = Locator(tree({f"{EAST}001": box(1, 1.5, 1, 0.5)}))
    assert code(locator, at(1.5, 1.2)) == EAST


def test_dedicated_and_given_up_grids_hold_no_point() -> None:
    school = record(f"{EAST}000", box(1, 1), kind=GridKind.DEDICATED)
    gone = record(f"{EAST}0001", box(1, 1), until=NOW, parent=EAST, path=f"{CITY}.x")
    assert code(Locator([*tree(), school, gone]), at(1.5, 1.5)) == f"{EAST}001"


def test_without_outlines_the_nearest_lowest_centre_of_a_village_decides() -> None:
    bare = [
        record(CITY, centre=Position(36.0, 117.0)),
        record(TOWN, centre=Position(36.001, 117.0)),
        record(EAST, centre=Position(36.05, 117.0)),
        record(WEST, centre=Position(36.0, 117.06)),
    ]
    locator = Locator(bare)
    found = locator.find(36.002, 117.005)
    assert found is not None
    assert (found.grid.code, found.by_outline) == (WEST, False), "a degree of longitude is shorter"
    assert found.near_m == pytest.approx(4960, rel=0.02)
    assert locator.find(37.0, 117.0) is None


def test_inside_of_an_outline_only_centres_below_it_count() -> None:
    neighbour = record("370102002001", centre=Position(*at(0.1, 0.1)))
    inside = [record(CITY), record(TOWN, box(0, 0, 2, 2)), record("370102002"), neighbour]
    assert code(Locator(inside), at(0.2, 0.2)) == TOWN, "the neighbour's centre is nearer, its ground is not"
    own = record(EAST, centre=Position(*at(0.1, 0.1)))
    assert code(Locator([record(CITY), record(TOWN, box(0, 0, 2, 2)), own]), at(0.2, 0.2)) == EAST
    assert code(Locator(inside), at(3, 3)) == neighbour.code


def test_the_line_of_reports_may_skip_a_level_and_names_who_answers_for_each_tier() -> None:
    group = f"{EAST}001"
    records = [one for one in tree() if one.code != group]
    locator = Locator([*records, record(group, box(1, 1), report_to=TOWN)])
    assert [one.code for one in locator.line(GridCode(group))] == [group, TOWN, CITY]
    assert [(tier, one.code) for tier, one in locator.tiers(GridCode(group))] == [
        (Tier.VILLAGE, group), (Tier.TOWNSHIP, TOWN), (Tier.CITY, CITY),
    ]  # fmt: skip


def test_nothing_is_found_in_nothing() -> None:
    locator = Locator([])
    assert (len(locator), locator.find(36.0, 117.0), locator.near("", 36.0, 117.0)) == (0, None, None)
    assert locator.line(GridCode("x")) == []
    assert locator.record(GridCode("x")) is None
