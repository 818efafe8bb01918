from __future__ import annotations

import pytest
import shapely

from tests.support.places import CELL, CITY, EAST, LEFT, LOW, TOWN, WEST, box, record, tree
from tocsin.core.grids import GridKind
from tocsin.core.ids import GridCode
from tocsin.town.grid_check import Check, CheckReport, Finding, FindingCode, Tolerance, check
from tocsin.town.grid_ports import GridLevel, Watched

M2 = 1_001_000
"""Area of a cell, square metres, within a percent."""


def found(report: CheckReport) -> set[tuple[str, str, str]]:
    return {(one.code.value, one.grid, one.other) for one in report.findings}


def at(column: float, row: float, kind: str = "camera", grid: str = TOWN) -> Watched:
    return Watched("w/1", kind, "name", GridCode(grid), LOW + row * CELL, LEFT + column * CELL)


def inside(one: Finding, shape: shapely.Geometry) -> bool:
    assert one.latitude is not None
    assert one.longitude is not None
    return bool(shape.contains(shapely.Point(one.longitude, one.latitude)))


def test_a_clean_tiling_is_silent() -> None:
    report = check(tree(), watched=[at(0.5, 0.5), at(1, 1)], institutions=())
    assert (report.findings, report.faults) == ((), 0)
    assert (report.grids, report.basic, report.dedicated, report.outlines, report.points) == (8, 8, 0, 8, 2)


def test_a_gap_is_found_with_its_area_and_a_point_inside() -> None:
    report = check(tree({f"{EAST}001": box(1, 1, 0.5, 1)}))
    (gap,) = report.findings
    assert (gap.check, gap.code, gap.grid) == (Check.GAP, FindingCode.UNCOVERED, EAST)
    assert gap.area_m2 == pytest.approx(M2 / 2, rel=0.01)
    assert inside(gap, box(1.5, 1, 0.5, 1))


def test_an_overlap_of_siblings_is_found_once_with_both() -> None:
    report = check(tree({f"{EAST}001": box(1, 0.9, 1, 1.1)}))
    (twice,) = report.findings
    assert (twice.check, twice.code, twice.grid, twice.other) == (
        Check.OVERLAP,
        FindingCode.TWICE,
        f"{EAST}001",
        f"{EAST}002",
    )
    assert twice.area_m2 == pytest.approx(M2 / 10, rel=0.01)
    assert inside(twice, box(1, 0.9, 1, 0.1))


def test_a_gap_is_not_hidden_by_an_overlap_of_the_same_size() -> None:
    report = check(tree({f"{EAST}001": box(1, 0.5, 1, 1)}))
    assert {one.code for one in report.findings} == {FindingCode.UNCOVERED, FindingCode.TWICE}


def test_grids_of_two_villages_that_overlap_are_found_and_what_leaves_its_parent() -> None:
    report = check(tree({f"{WEST}001": box(0, 1, 1.2, 1)}))
    assert found(report) == {("twice", f"{EAST}001", f"{WEST}001"), ("outside_parent", f"{WEST}001", WEST)}


def test_slivers_of_drawing_are_no_ground() -> None:
    thin = 1.5 / 90_000 / CELL
    shapes = {f"{EAST}001": box(1 + thin, 1, 1 - thin, 1)}
    assert check(tree(shapes)).findings == ()
    (told,) = check(tree(shapes), tolerance=Tolerance(width_m=0.5)).findings
    assert told.code is FindingCode.UNCOVERED


def test_pieces_smaller_than_the_tolerance_are_no_ground() -> None:
    shapes = {f"{EAST}001": box(1, 1).difference(box(1.4, 1.4, 0.02, 0.02))}
    assert check(tree(shapes), tolerance=Tolerance(area_m2=1000)).findings == ()
    assert check(tree(shapes)).counts[Check.GAP] == 1


def test_dedicated_grids_tile_nothing_and_need_an_organisation() -> None:
    school = record(f"{EAST}009", box(1.2, 1.2, 0.2, 0.2), kind=GridKind.DEDICATED)
    assert check([*tree(), school]).findings == ()
    assert found(check([*tree(), school], institutions=())) == {("no_institution", school.code, "")}
    assert check([*tree(), school], institutions={school.code}).findings == ()


def test_what_is_missing_is_named() -> None:
    bare = record(f"{WEST}001", None)
    empty = record("370102001003", box(0, 2))
    records = [one for one in tree({TOWN: box(0, 0, 2, 3), CITY: box(0, 0, 2, 3)}) if one.code != bare.code]
    report = check(
        [*records, bare, empty], divisions={"370102": "区", "370102001003": "村", "370102002": "镇"}
    )
    missing = {one for one in found(report) if one[0].startswith("no_")}
    assert missing == {
        ("no_outline", bare.code, ""), ("no_children", "370102001003", ""), ("no_grid", "370102002", ""),
    }  # fmt: skip


def test_a_level_named_below_the_deepest_grid_makes_every_lowest_one_childless() -> None:
    levels = {GridCode(CITY): [GridLevel(level=level, name="级") for level in range(1, 6)]}
    assert check(tree(), levels=levels).counts[Check.MISSING] == 4


def test_more_children_than_a_level_should_have_is_told_and_is_no_fault() -> None:
    levels = {
        GridCode(CITY): [GridLevel(level=n, name="级", most=1 if n == 3 else None) for n in range(1, 5)]
    }
    report = check(tree(), levels=levels)
    assert {(one.code, one.grid, one.count) for one in report.findings} == {
        (FindingCode.CROWDED, EAST, 2), (FindingCode.CROWDED, WEST, 2),
    }  # fmt: skip
    assert report.faults == 0


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (at(-0.5, 0.5), "device_outside"),
        (at(5, 5, kind="water"), "place_outside"),
        (at(0.5, 0.5, grid=EAST), "elsewhere"),
        (at(0.5, 0.5, grid=WEST), None),
        (at(0.5, 0.5, grid=CITY), None),
        (at(2 + 0.5 / 90_000 / CELL, 1.5), None),
    ],
)
def test_a_point_in_no_grid_or_in_another_is_blind(point: Watched, code: str | None) -> None:
    report = check(tree(), watched=[point])
    assert [one.code.value for one in report.findings] == ([] if code is None else [code])


def test_what_is_given_up_is_not_looked_at() -> None:
    gone = record(f"{EAST}003", box(1, 1), until=tree()[0].since.replace(year=2026))
    assert check([*tree(), gone]).findings == ()


@pytest.mark.parametrize("records", [[], [record(CITY)]])
def test_a_tree_without_outlines_is_checked_too(records: list) -> None:
    report = check(records, watched=[at(0, 0)])
    assert {one.code for one in report.findings} == ({FindingCode.NO_OUTLINE} if records else set())
