"""The four checks of a tree of grids: 无盲点 blind, 无遗漏 missing, 无死角 gap, 无重叠 overlap.  Pure.

Areas are true square metres, in a projection that keeps areas. A piece counts when it is larger than the
tolerance and somewhere wider than a border may be wrong; thinner slivers are drawing, not ground.
Dedicated grids tile nothing and are left out of gap and overlap.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import shapely

from tocsin.core.grids import GridKind
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import GridLevel, GridRecord, Watched
from tocsin.town.projection import Projection

FINDINGS_MAX: Final = 1_000
"""Of one check; how many there are is counted."""
Shapes: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Told: TypeAlias = Callable[[int, int], object]
"""Is told how much is done of how much."""


@unique
class Check(StrEnum):
    """What is looked for."""

    BLIND = "blind"
    MISSING = "missing"
    GAP = "gap"
    OVERLAP = "overlap"
    LIMIT = "limit"
    """No fault: more children than a level should have."""


@unique
class FindingCode(StrEnum):
    """What was found."""

    DEVICE_OUTSIDE = "device_outside"
    """A device in no basic grid."""
    PLACE_OUTSIDE = "place_outside"
    """A key place in no basic grid."""
    ELSEWHERE = "elsewhere"
    """A device or place that lies in another grid than the one it is given to."""
    NO_OUTLINE = "no_outline"
    """A lowest grid without an outline."""
    NO_CHILDREN = "no_children"
    """A grid of an upper level that nothing lies below."""
    NO_GRID = "no_grid"
    """A division of the official list without a grid."""
    NO_INSTITUTION = "no_institution"
    """A dedicated grid that no organisation answers for."""
    UNCOVERED = "uncovered"
    """Ground of a grid that none of its children holds."""
    OUTSIDE_PARENT = "outside_parent"
    """Ground of a grid that lies outside of its parent."""
    TWICE = "twice"
    """Ground that two grids hold."""
    CROWDED = "crowded"
    """More children than its level should have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    check: Check
    code: FindingCode
    grid: str
    """Code of the grid, or of the division."""
    name: str
    """Its name; of a device or key place its own."""
    other: str = ""
    """The other grid, or the id of the device or place."""
    area_m2: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    """A point inside of the ground that is meant."""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What is taken for drawing, not for ground."""

    area_m2: float = 100.0
    width_m: float = 2.0
    """Borders drawn twice differ by about as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What the checks found."""

    grids: int
    basic: int
    dedicated: int
    outlines: int
    points: int
    """Devices and key places with a position."""
    findings: tuple[Finding, ...]
    """At most 1,000 of each check, the largest first."""
    counts: Mapping[Check, int]

    @property
    def faults(self) -> int:
        """How many faults there are; limits that are exceeded are none."""
        return sum(count for check, count in self.counts.items() if check is not Check.LIMIT)


def check(
    records: Sequence[GridRecord],
    *,
    watched: Sequence[Watched] = (),
    levels: Mapping[GridCode, Sequence[GridLevel]] | None = None,
    divisions: Mapping[str, str] | None = None,
    institutions: Collection[GridCode] | None = None,
    tolerance: Tolerance | None = None,
    told: Told = lambda _done, _total: None,
) -> CheckReport:
    """Check a tree; `divisions` are the official codes with names that must have a grid, `institutions` grids with an organisation.

    Without `institutions` nobody is asked who answers for a dedicated grid.
    """
    tree = _Tree([one for one in records if one.until is None], tolerance or Tolerance())
    told(0, 4)
    found = list(tree.missing(levels or {}, divisions or {}, institutions))
    told(1, 4)
    found += tree.blind(watched)
    told(2, 4)
    found += tree.gaps()
    told(3, 4)
    found += tree.overlaps()
    told(4, 4)
    kinds = Counter(one.grid.kind for one in tree.records)
    found.sort(key=lambda one: (-(one.area_m2 or 0.0), one.grid, one.other))
    kept = [one for check_ in Check for one in [it for it in found if it.check is check_][:FINDINGS_MAX]]
    return CheckReport(
        grids=len(tree.records),
        basic=kinds[GridKind.BASIC],
        dedicated=kinds[GridKind.DEDICATED],
        outlines=sum(one.outline is not None for one in tree.records),
        points=len(watched),
        findings=tuple(kept),
        counts=Counter(one.check for one in found),
    )


class _Tree:
    """The open grids, their shapes in metres, and who lies below whom."""

    def __init__(self, records: Sequence[GridRecord], tolerance: Tolerance) -> None:
        self.records = records
        self._tolerance = tolerance
        self._by_code = {one.code: one for one in records}
        self._children: dict[GridCode, list[GridRecord]] = defaultdict(list)
        for one in records:
            if one.grid.parent is not None:
                self._children[one.grid.parent].append(one)
        drawn = [one for one in records if one.outline is not None and one.grid.kind is GridKind.BASIC]
        degrees: Shapes = shapely.from_wkb(np.array([one.outline for one in drawn], dtype=object))
        self._plane = Projection.around(degrees)
        self._drawn = drawn
        self._shapes: Shapes = self._plane.project(degrees)
        shapely.prepare(self._shapes)
        self._at = {one.code: at for at, one in enumerate(drawn)}

    def _basic_children(self, code: GridCode) -> list[GridRecord]:
        return [one for one in self._children.get(code, ()) if one.grid.kind is GridKind.BASIC]

    # -- 无遗漏 ------------------------------------------------------------------------------------------

    def missing(
        self,
        levels: Mapping[GridCode, Sequence[GridLevel]],
        divisions: Mapping[str, str],
        institutions: Collection[GridCode] | None,
    ) -> Iterator[Finding]:
        depths = self._depths(levels)
        for one in self.records:
            root = one.grid.path.partition(".")[0]
            below = self._children.get(one.code, [])
            if one.grid.kind is GridKind.DEDICATED:
                if institutions is not None and one.code not in institutions:
                    yield _of(Check.MISSING, FindingCode.NO_INSTITUTION, one)
                continue
            if not self._basic_children(one.code):
                if one.level < depths[root]:
                    yield _of(Check.MISSING, FindingCode.NO_CHILDREN, one)
                elif one.outline is None:
                    yield _of(Check.MISSING, FindingCode.NO_OUTLINE, one)
            most = next((it.most for it in levels.get(GridCode(root), ()) if it.level == one.level), None)
            if most is not None and len(below) > most:
                yield _of(Check.LIMIT, FindingCode.CROWDED, one, count=len(below))
        held = {one.code for one in self.records} | {one.region for one in self.records}
        for code, name in divisions.items():
            if code not in held and code.ljust(12, "0") not in held:
                yield Finding(Check.MISSING, FindingCode.NO_GRID, code, name)

    def _depths(self, levels: Mapping[GridCode, Sequence[GridLevel]]) -> dict[str, int]:
        """Give how deep each tree is: as its levels are named, else as the deepest of its basic grids."""
        depths: dict[str, int] = {}
        for one in self.records:
            root = one.grid.path.partition(".")[0]
            named = levels.get(GridCode(root), ())
            if named:
                depths[root] = max(level.level for level in named)
            elif one.grid.kind is GridKind.BASIC:
                depths[root] = max(depths.get(root, 1), one.level)
        return defaultdict(int, depths)

    # -- 无盲点 ------------------------------------------------------------------------------------------

    def blind(self, watched: Sequence[Watched]) -> Iterator[Finding]:
        """Look for points in no lowest grid, and for those in another than they are given to."""
        leaves = [at for at, one in enumerate(self._drawn) if not self._drawn_below(one)]
        if not watched or not leaves:
            return
        points: Shapes = shapely.points([one.longitude for one in watched], [one.latitude for one in watched])
        points = self._plane.project(points)
        tree = shapely.STRtree(self._shapes[leaves])
        hits: dict[int, list[int]] = defaultdict(list)
        near = tree.query(points, predicate="dwithin", distance=self._tolerance.width_m)
        for point, leaf in zip(*near.tolist(), strict=True):
            hits[point].append(leaves[leaf])
        for at, one in enumerate(watched):
            inside = [self._drawn[leaf] for leaf in hits[at]]
            devices = one.kind in {"camera", "sensor", "button"}
            if not inside:
                code = FindingCode.DEVICE_OUTSIDE if devices else FindingCode.PLACE_OUTSIDE
                yield Finding(
                    Check.BLIND, code, one.grid, one.name, one.id, None, one.latitude, one.longitude
                )
            elif not any(self._related(one.grid, it) for it in inside):
                yield Finding(
                    Check.BLIND,
                    FindingCode.ELSEWHERE,
                    one.grid,
                    one.name,
                    inside[0].code,
                    None,
                    one.latitude,
                    one.longitude,
                )

    def _drawn_below(self, one: GridRecord) -> bool:
        return any(child.code in self._at for child in self._children.get(one.code, ()))

    def _related(self, given: GridCode, inside: GridRecord) -> bool:
        """Whether a grid is the one a point lies in, above it, or an institution, which may stand anywhere."""
        one = self._by_code.get(given)
        return (
            one is None
            or one.grid.kind is GridKind.DEDICATED
            or f"{inside.grid.path}.".startswith(f"{one.grid.path}.")
        )

    # -- 无死角 ------------------------------------------------------------------------------------------

    def gaps(self) -> Iterator[Finding]:
        """Look for ground of a grid that its children leave, and for ground of children outside of it."""
        child = np.array([at for at, one in enumerate(self._drawn) if one.grid.parent in self._at], dtype=int)
        if not len(child):
            return
        parent = np.array([self._at[code] for at in child.tolist() if (code := self._drawn[at].grid.parent)])
        outside = np.zeros(len(child))
        beyond = np.flatnonzero(~shapely.covers(self._shapes[parent], self._shapes[child]))
        strips: Shapes = shapely.difference(self._shapes[child[beyond]], self._shapes[parent[beyond]])
        outside[beyond] = shapely.area(strips)
        for at, strip in zip(beyond.tolist(), strips.tolist(), strict=True):
            one, above = self._drawn[child[at]], self._drawn[parent[at]]
            for piece in self._pieces(strip):
                yield self._ground(Check.OVERLAP, FindingCode.OUTSIDE_PARENT, one, above.code, piece)
        for at in self._open_parents(child, parent, outside):
            below = self._shapes[child[parent == at]]
            for piece in self._pieces(shapely.difference(self._shapes[at], shapely.union_all(below))):
                yield self._ground(Check.GAP, FindingCode.UNCOVERED, self._drawn[at], "", piece)

    def _open_parents(self, child: Numbers, parent: Numbers, outside: Floats) -> list[int]:
        """Give the parents that may have a gap: their area less their children's, what these hold twice added.

        That is never less than the gap, so that the slow look is for few.
        """
        areas = shapely.area(self._shapes)
        held = np.zeros(len(areas))
        np.add.at(held, parent, areas[child] - outside)
        first, second, shared = self._twice
        siblings = np.array(
            [
                self._drawn[a].grid.parent == self._drawn[b].grid.parent
                for a, b in zip(first, second, strict=True)
            ],
            dtype=bool,
        )
        above = dict(zip(child.tolist(), parent.tolist(), strict=True))
        for at, area in zip(first[siblings].tolist(), shapely.area(shared[siblings]).tolist(), strict=True):
            if at in above:
                held[above[at]] -= area
        gap = areas - held
        return [at for at in np.unique(parent).tolist() if gap[at] > self._tolerance.area_m2]

    # -- 无重叠 ------------------------------------------------------------------------------------------

    def overlaps(self) -> Iterator[Finding]:
        """Look for ground that two grids hold: siblings, and lowest grids of any parents."""
        first, second, shared = self._twice
        large = np.flatnonzero(shapely.area(shared) > self._tolerance.area_m2)
        for at in large.tolist():
            one, other = self._drawn[first[at]], self._drawn[second[at]]
            for piece in self._pieces(shared[at]):
                yield self._ground(Check.OVERLAP, FindingCode.TWICE, one, other.code, piece)

    @cached_property
    def _twice(self) -> tuple[Numbers, Numbers, Shapes]:
        """Give pairs of grids that hold ground twice, and that ground."""
        leaf = np.array([not self._drawn_below(one) for one in self._drawn], dtype=bool)
        parents = {code: number for number, code in enumerate({one.grid.parent for one in self._drawn})}
        parent = np.array([parents[one.grid.parent] for one in self._drawn], dtype=int)
        first, second = shapely.STRtree(self._shapes).query(self._shapes)
        wanted = (first < second) & ((parent[first] == parent[second]) | (leaf[first] & leaf[second]))
        first, second = first[wanted], second[wanted]
        meet = shapely.relate_pattern(self._shapes[first], self._shapes[second], "T********")
        first, second = first[meet], second[meet]
        return first, second, shapely.intersection(self._shapes[first], self._shapes[second])

    def _pieces(self, ground: shapely.Geometry) -> Iterator[shapely.Geometry]:
        """Give the pieces that are ground and not a sliver."""
        for piece in shapely.get_parts(ground):
            if piece.area <= self._tolerance.area_m2:
                continue
            core = shapely.buffer(piece, -self._tolerance.width_m / 2, join_style="mitre")
            if not core.is_empty:
                yield piece

    def _ground(
        self, check_: Check, code: FindingCode, one: GridRecord, other: str, piece: shapely.Geometry
    ) -> Finding:
        latitude, longitude = self._plane.degrees(shapely.point_on_surface(piece))
        return Finding(
            check_,
            code,
            one.code,
            one.grid.name,
            other,
            round(piece.area, 1),
            round(latitude, 7),
            round(longitude, 7),
        )


def _of(check_: Check, code: FindingCode, one: GridRecord, *, count: int | None = None) -> Finding:
    at = one.grid.centre
    latitude, longitude = (None, None) if at is None else (at.latitude, at.longitude)
    return Finding(check_, code, one.code, one.grid.name, "", None, latitude, longitude, count)
