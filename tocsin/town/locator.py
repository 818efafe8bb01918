"""From a point to the grid that answers for it, and from there up the line of reports.  Pure.

Built once from the open grids of a tree, then asked in microseconds. A point on a border belongs to
the grid with the smaller code; one just outside of all outlines to the nearest; one in a parent
that its children do not cover to the parent. Where grids have no outlines the nearest centre decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any, Final, TypeAlias

import numpy as np
import shapely

from tocsin.core.grids import TIERS, Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_plan import above
from tocsin.town.grid_ports import GridRecord
from tocsin.town.grids import within

DEGREE_M: Final = 111_320.0
BORDER_M: Final = 30.0
"""A point so near to a border may lie on either side: outlines are drawn and positions measured by as much."""
FAR_M: Final = 30_000.0
"""A place further than this from every village is a slip of the finger, or another county."""

Shapes: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point lies."""

    grid: Grid
    near_m: float
    """0 inside of its outline, else how far from it; from its centre where it has none."""
    by_outline: bool


class Locator:
    """Finds grids; made anew when the tree has changed."""

    def __init__(self, records: Iterable[GridRecord]) -> None:
        self._records = {one.code: one for one in records if one.until is None}
        basic = [one for one in self._records.values() if one.grid.kind is GridKind.BASIC]
        drawn = [one for one in basic if one.outline is not None]
        parents = {one.grid.parent for one in basic}
        self._squeeze = 1.0
        shapes = self._squeezed(drawn)
        leaves = [at for at, one in enumerate(drawn) if one.code not in parents]
        inner = [at for at, one in enumerate(drawn) if one.code in parents]
        self._leaves = _Layer([drawn[at].grid for at in leaves], shapes[leaves])
        self._inner = _Layer([drawn[at].grid for at in inner], shapes[inner])
        bare = [
            one
            for one in basic
            if one.outline is None
            and one.grid.centre is not None
            and one.code not in parents
            and one.grid.tier is Tier.VILLAGE
        ]
        self._centres = _Layer([one.grid for one in bare], self._points(bare))

    def __len__(self) -> int:
        """Give how many grids it knows."""
        return len(self._records)

    def find(self, latitude: float, longitude: float) -> Located | None:
        """Find the lowest grid that holds a point; None where no village is near."""
        point = shapely.points(longitude * self._squeeze, latitude)
        inside = self._leaves.holds(point)
        if inside is not None:
            return Located(inside, 0.0, by_outline=True)
        beside = self._leaves.nearest(point, BORDER_M)
        if beside is not None:
            return Located(*beside, by_outline=True)
        inside = self._inner.holds(point, deepest=True)
        near = self._centres.nearest(point, FAR_M)
        if near is not None and (inside is None or near[0].path.startswith(f"{inside.path}.")):
            return Located(*near, by_outline=False)
        return None if inside is None else Located(inside, 0.0, by_outline=True)

    def near(self, scope: str, latitude: float, longitude: float) -> Grid | None:
        """Find the village of a scope whose centre is nearest, where villages have no outlines; None far from all."""
        found = [
            (hypot((at.longitude - longitude) * self._squeeze, at.latitude - latitude), one.code, one)
            for one in self._centres.grids
            if within(one.path, scope) and (at := one.centre) is not None
        ]
        best = min(found, default=None)
        return None if best is None or best[0] * DEGREE_M > FAR_M else best[2]

    def record(self, code: GridCode) -> GridRecord | None:
        """Give an open grid by its code."""
        return self._records.get(code)

    def line(self, code: GridCode) -> Sequence[Grid]:
        """Give the grids that a grid reports to, itself first: its parents, or where it says."""
        found: list[Grid] = []
        at: GridCode | None = code
        while at is not None and (one := self._records.get(at)) is not None and one.grid not in found:
            found.append(one.grid)
            at = above(one)
        return found

    def tiers(self, code: GridCode) -> Sequence[tuple[Tier, Grid]]:
        """Give which grid answers for each tier of a place: the first of its line; a tier nobody answers for is left out."""
        line = self.line(code)
        firsts = ((tier, next((one for one in line if one.tier is tier), None)) for tier in TIERS)
        return [(tier, one) for tier, one in firsts if one is not None]

    def _squeezed(self, drawn: Sequence[GridRecord]) -> Shapes:
        """Read outlines; degrees of longitude are made as long as those of latitude in the middle of the town."""
        shapes: Shapes = shapely.from_wkb(np.array([one.outline for one in drawn], dtype=object))
        if not len(shapes):
            centres = [
                one.grid.centre.latitude for one in self._records.values() if one.grid.centre is not None
            ]
            self._squeeze = cos(radians(sum(centres) / len(centres))) if centres else 1.0
            return shapes
        _, south, _, north = shapely.total_bounds(shapes)
        self._squeeze = cos(radians((south + north) / 2))
        squeezed: Shapes = shapely.transform(shapes, lambda xy: xy * (self._squeeze, 1.0))
        return squeezed

    def _points(self, bare: Sequence[GridRecord]) -> Shapes:
        at = [one.grid.centre or Position(0.0, 0.0) for one in bare]
        points: Shapes = shapely.points(
            [one.longitude * self._squeeze for one in at], [one.latitude for one in at]
        )
        return points


class _Layer:
    """Grids with their shapes in a tree of boxes."""

    def __init__(self, grids: Sequence[Grid], shapes: Shapes) -> None:
        order = sorted(range(len(grids)), key=lambda at: grids[at].code)
        self.grids = [grids[at] for at in order]
        self._shapes = np.asarray(shapes, dtype=object)[order] if order else np.array([], dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def holds(self, point: shapely.Point, *, deepest: bool = False) -> Grid | None:
        """Give the grid whose outline holds a point, of several the one with the smallest code."""
        hits: list[int] = self._tree.query(point, predicate="intersects").tolist()
        if not hits:
            return None
        if deepest:
            return min((self.grids[at] for at in hits), key=lambda one: (-one.path.count("."), one.code))
        return self.grids[min(hits)]

    def nearest(self, point: shapely.Point, within_m: float) -> tuple[Grid, float] | None:
        """Give the nearest grid within a distance, of several the one with the smallest code."""
        if not self.grids:
            return None
        hits, away = self._tree.query_nearest(
            point, max_distance=within_m / DEGREE_M, return_distance=True, all_matches=True
        )
        return (self.grids[min(hits)], float(away[0]) * DEGREE_M) if len(hits) else None
