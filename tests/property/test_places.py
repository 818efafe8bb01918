"""Grids: planted gaps and overlaps are found where they are, a clean tiling is silent, every point has one grid."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.places import record
from tocsin.bench.town_tiling import Tiling
from tocsin.core.ids import GridCode
from tocsin.town.grid_check import Check, FindingCode, check
from tocsin.town.grid_ports import GridRecord
from tocsin.town.locator import Locator

SEEDS = st.integers(0, 2**20)
PARTS = ((2, 1), (1, 2), (3, 2))
"""2 towns, 2 villages each, 6 grids each: 24 grids below a county."""


def town(seed: int) -> dict[str, GridRecord]:
    places = list(Tiling("370102", PARTS, seed=seed).places())
    return {
        one.code: record(one.code, shapely.Polygon(one.ring), parent=one.parent or None) for one in places
    }


def leaves(records: dict[str, GridRecord]) -> list[str]:
    return [code for code in records if len(code) == 15]


def shape(one: GridRecord) -> shapely.Polygon:
    return shapely.from_wkb(one.outline)


def redrawn(one: GridRecord, drawn: shapely.Geometry) -> GridRecord:
    return record(one.code, drawn)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_clean_tiling_is_silent(seed: int) -> None:
    assert check(list(town(seed).values())).findings == ()


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(0, 23), st.floats(0.15, 0.4))
def test_a_hole_cut_into_any_grid_is_found_with_a_point_in_it(seed: int, at: int, part: float) -> None:
    records = town(seed)
    code = leaves(records)[at]
    whole = shape(records[code])
    hole = whole.centroid.buffer(part * np.sqrt(whole.area) / 2)
    (found,) = check(
        [
            *(one for one in records.values() if one.code != code),
            redrawn(records[code], whole.difference(hole)),
        ]
    ).findings
    assert (found.check, found.code, found.grid) == (Check.GAP, FindingCode.UNCOVERED, code[:12])
    assert hole.covers(shapely.Point(found.longitude, found.latitude))


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(0, 23), st.integers(0, 22))
def test_ground_added_to_any_grid_is_found_with_whom_it_is_shared(seed: int, at: int, step: int) -> None:
    records = town(seed)
    codes = leaves(records)
    one, other = codes[at], codes[(at + 1 + step) % 24]
    taken = shape(records[other]).centroid.buffer(0.0004)
    assert shape(records[other]).contains(taken)
    grown = shape(records[one]).union(taken)
    report = check([*(it for it in records.values() if it.code != one), redrawn(records[one], grown)])
    twice = [it for it in report.findings if it.code is FindingCode.TWICE]
    assert [{it.grid, it.other} for it in twice] == [{one, other}]
    assert taken.covers(shapely.Point(twice[0].longitude, twice[0].latitude))
    assert {it.code for it in report.findings} - {FindingCode.TWICE} == (
        set() if one[:12] == other[:12] else {FindingCode.OUTSIDE_PARENT}
    )


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_point_is_found_in_the_grid_that_holds_it_and_nowhere_outside(
    seed: int, points: list[tuple[float, float]]
) -> None:
    records = town(seed)
    locator = Locator(records.values())
    west, south, east, north = shape(records["370102"]).bounds
    for x, y in points:
        point = shapely.Point(
            west - 0.001 + x * (east - west + 0.002), south - 0.001 + y * (north - south + 0.002)
        )
        holding = [code for code in leaves(records) if shape(records[code]).intersects(point)]
        found = locator.find(point.y, point.x)
        if holding:
            assert found is not None
            assert found.grid.code == min(holding)
        elif found is not None:
            assert 0 < found.near_m <= 30
            assert shape(records[GridCode(found.grid.code)]).distance(point) > 0
