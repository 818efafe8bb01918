"""The tree of grids written down, such that an import of it changes nothing: a sheet, and outlines.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tocsin.core.grids import GridKind, Tier
from tocsin.town.grid_import import COLUMNS
from tocsin.town.grid_outline import geometry_of
from tocsin.town.grid_ports import GridRecord
from tocsin.town.tables import write_csv

_KINDS = {GridKind.BASIC: "基础网格", GridKind.DEDICATED: "专属网格"}
_TIERS = {Tier.VILLAGE: "村级", Tier.TOWNSHIP: "镇级", Tier.CITY: "市级"}
_WRITTEN = tuple(one for one in COLUMNS if one.name != "since")
"""Since when a grid is one is told by its versions; an import takes it for new grids only."""


def as_sheet(records: Sequence[GridRecord]) -> bytes:
    """Write a sheet, parents before children."""
    return write_csv(_WRITTEN, (_texts(one) for one in records))


def as_outlines(records: Sequence[GridRecord]) -> bytes:
    """Write the outlines as a FeatureCollection, with the columns of the sheet as properties."""
    return b'{"type":"FeatureCollection","features":[\n' + b",\n".join(_features(records)) + b"\n]}\n"


def _features(records: Sequence[GridRecord]) -> Iterator[bytes]:
    for one in records:
        if one.outline is not None:
            properties = json.dumps(_texts(one), ensure_ascii=False).encode()
            yield b'{"type":"Feature","properties":%s,"geometry":%s}' % (properties, geometry_of(one.outline))


def _texts(one: GridRecord) -> dict[str, str]:
    grid = one.grid
    return {
        "code": grid.code,
        "name": grid.name,
        "parent": grid.parent or "",
        "kind": _KINDS[grid.kind],
        "tier": _TIERS[grid.tier],
        "region": one.region,
        "report_to": one.report_to or "",
        "class": one.grid_class,
        "latitude": "" if grid.centre is None else repr(grid.centre.latitude),
        "longitude": "" if grid.centre is None else repr(grid.centre.longitude),
        "radius_m": f"{grid.radius_m:g}",
    }
