"""Trees of grids for tests: a small town in squares, drafts and records of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import shapely

from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import ALWAYS, GridRecord

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CITY, TOWN, EAST, WEST = "370102", "370102001", "370102001001", "370102001002"
"""A county, a town, two villages; each village has two grids."""
CELL = 0.01
"""Side of a grid, degrees: about 1.1 by 0.9 km."""
LEFT, LOW = 117.0, 36.0
TIERS = {6: Tier.CITY, 9: Tier.TOWNSHIP, 12: Tier.VILLAGE, 15: Tier.VILLAGE}


def box(column: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """A rectangle of cells."""
    x, y = LEFT + column * CELL, LOW + row * CELL
    return shapely.box(x, y, x + wide * CELL, y + high * CELL)


SHAPES = {
    CITY: box(0, 0, 2, 2),
    TOWN: box(0, 0, 2, 2),
    EAST: box(1, 0, 1, 2),
    WEST: box(0, 0, 1, 2),
    f"{EAST}001": box(1, 1),
    f"{EAST}002": box(1, 0),
    f"{WEST}001": box(0, 1),
    f"{WEST}002": box(0, 0),
}
"""A clean tiling."""


def parent_of(code: str) -> str | None:
    return next((code[:n] for n in (12, 9, 6) if n < len(code)), None)


def record(
    code: str,
    shape: shapely.Geometry | None = None,
    *,
    parent: str | None = None,
    path: str | None = None,
    name: str | None = None,
    kind: GridKind = GridKind.BASIC,
    tier: Tier | None = None,
    centre: Position | None = None,
    report_to: str | None = None,
    since: datetime = ALWAYS,
    until: datetime | None = None,
) -> GridRecord:
    above = parent if parent is not None else parent_of(code)
    if path is None:
        line = [code]
        while (up := parent_of(line[0])) is not None:
            line.insert(0, up)
        path = ".".join(line)
    grid = Grid(
        code=GridCode(code),
        name=name or f"grid {code}",
        parent=None if above is None else GridCode(above),
        tier=tier or TIERS.get(len(code), Tier.VILLAGE),
        kind=kind,
        path=path,
        centre=centre,
    )
    return GridRecord(
        grid=grid,
        level=path.count(".") + 1,
        report_to=None if report_to is None else GridCode(report_to),
        has_outline=shape is not None,
        outline=None if shape is None else shape.wkb,
        since=since,
        until=until,
    )


def tree(shapes: dict[str, shapely.Geometry | None] | None = None) -> list[GridRecord]:
    """The town, with other shapes for some."""
    found = {**SHAPES, **(shapes or {})}
    return [record(code, shape) for code, shape in found.items()]


def known(records: Iterable[GridRecord]) -> dict[GridCode, GridRecord]:
    return {one.code: one for one in records}


def sheet(*rows: str, head: str = "编码,名称,上级") -> bytes:
    return "\n".join((head, *rows)).encode()


def town_sheet() -> bytes:
    return sheet(*(f"{code},格{code[-3:]},{parent_of(code) or ''}" for code in SHAPES))


def outlines(shapes: dict[str, shapely.Geometry], **more: object) -> bytes:
    features = [feature(code, shape) for code, shape in shapes.items()]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def feature(code: str, shape: shapely.Geometry, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code, **properties},
        "geometry": json.loads(shapely.to_geojson(shape)),
    }


def collection(features: Sequence[object], **more: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()
