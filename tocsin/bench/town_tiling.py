"""A city drawn for measurements: levels of grids whose outlines share their borders to the last point.

Cells of a lattice whose corners and borders are bent by chance; a grid of an upper level is a block of
cells with the cells' own border. The same seed draws the same city.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

BENDS: Final = 4
"""Points on the side of a cell between its corners."""
TIERS: Final = {4: "city", 6: "city", 9: "township", 12: "village", 15: "village"}
"""By digits of the code."""

Points = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Place:
    """One grid."""

    code: str
    parent: str
    name: str
    tier: str
    ring: Sequence[tuple[float, float]]
    """Longitude and latitude."""


class Tiling:
    """A tree of places: `parts` says into how many columns and rows each level divides the one above."""

    def __init__(
        self,
        root: str,
        parts: Sequence[tuple[int, int]],
        *,
        west: float = 117.0,
        south: float = 36.0,
        cell: tuple[float, float] = (0.004, 0.003),
        seed: int = 1,
    ) -> None:
        self._root = root
        self._parts = parts
        self._columns = int(np.prod([one for one, _ in parts]))
        self._rows = int(np.prod([one for _, one in parts]))
        chance = np.random.default_rng(seed)
        corners = np.stack(
            np.meshgrid(np.arange(self._columns + 1), np.arange(self._rows + 1), indexing="ij"), axis=-1
        ).astype(float)
        corners += chance.uniform(-0.2, 0.2, corners.shape)
        self._corners = corners * cell + (west, south)
        self._flat = self._sides(self._corners[:-1], self._corners[1:], chance, cell)
        self._steep = self._sides(self._corners[:, :-1], self._corners[:, 1:], chance, cell)

    @staticmethod
    def _sides(begin: Points, end: Points, chance: np.random.Generator, cell: tuple[float, float]) -> Points:
        """Give each side's points from its first corner on, the last corner left out."""
        share = np.linspace(0, 1, BENDS + 2)[:-1].reshape(-1, 1)
        points = begin[..., None, :] * (1 - share) + end[..., None, :] * share
        bent = chance.uniform(-0.05, 0.05, points.shape) * cell
        bent[..., 0, :] = 0
        return points + bent

    def places(self, names: Sequence[Sequence[tuple[str, str]]] = ()) -> Iterator[Place]:
        """Give every grid, parents first; `names` are codes and names of the first levels below the root, if given."""
        yield from self._below((self._root, "root"), "", 0, (0, 0, self._columns, self._rows), names)

    def _below(
        self,
        own: tuple[str, str],
        parent: str,
        level: int,
        block: tuple[int, int, int, int],
        names: Sequence[Sequence[tuple[str, str]]],
    ) -> Iterator[Place]:
        code, name = own
        yield Place(code, parent, name, TIERS[len(code)], self._ring(*block))
        if level == len(self._parts):
            return
        columns, rows = self._parts[level]
        left, low, wide, high = block
        wide, high = wide // columns, high // rows
        given = names[level] if level < len(names) else ()
        for number in range(columns * rows):
            across, down = number % columns, number // columns
            part = (left + across * wide, low + (rows - 1 - down) * high, wide, high)
            digits = 2 if len(code) == 4 else 3
            made = (f"{code}{number + 1:0{digits}d}", f"{name} {number + 1}")
            yield from self._below(
                given[number] if number < len(given) else made, code, level + 1, part, names
            )

    def _ring(self, left: int, low: int, wide: int, high: int) -> list[tuple[float, float]]:
        """Walk around a block of cells against the clock."""
        right, top = left + wide, low + high
        south = self._flat[left:right, low].reshape(-1, 2)
        east = self._steep[right, low:top].reshape(-1, 2)
        north = self._backwards(self._flat[left:right, top], self._corners[left : right + 1, top])
        west = self._backwards(self._steep[left, low:top], self._corners[left, low : top + 1])
        ring = np.concatenate((south, east, north, west, south[:1])).round(8)
        return [(x, y) for x, y in ring.tolist()]

    @staticmethod
    def _backwards(sides: Points, corners: Points) -> Points:
        """Walk sides from their end to their beginning, the last point left out."""
        points = np.concatenate((sides.reshape(-1, 2), corners[-1:]))
        return points[::-1][:-1]


def sheet(places: Sequence[Place]) -> bytes:
    """Write the sheet of an import."""
    rows = [f"{one.code},{one.name},{one.parent},{one.tier}" for one in places]
    return "\n".join(("编码,名称,上级,层级", *rows)).encode()


def outlines(places: Sequence[Place]) -> bytes:
    """Write the outlines of an import."""
    features = (
        {
            "type": "Feature",
            "properties": {"code": one.code},
            "geometry": {"type": "Polygon", "coordinates": [one.ring]},
        }
        for one in places
    )
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()
