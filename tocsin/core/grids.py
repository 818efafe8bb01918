"""Places of responsibility: nodes of a tree of grids (网格), and the tiers that answer for them."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from tocsin.core.ids import GridCode


@unique
class Tier(StrEnum):
    """Who is called, nearest first."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    CITY = "city"

    __hash__ = str.__hash__
    """As the text that it is: clocks are looked up by tier for every event."""

    @property
    def above(self) -> Tier | None:
        """The next tier up, None above the city."""
        return _ABOVE.get(self)


_ABOVE = {Tier.VILLAGE: Tier.TOWNSHIP, Tier.TOWNSHIP: Tier.CITY}
TIERS: tuple[Tier, ...] = (Tier.VILLAGE, Tier.TOWNSHIP, Tier.CITY)
"""All tiers, nearest first."""


@unique
class GridKind(StrEnum):
    """Basic grids cover territory; a dedicated one is an institution with staff of its own."""

    BASIC = "basic"
    DEDICATED = "dedicated"


class Position(msgspec.Struct, frozen=True):
    """A point on the ground, WGS 84 degrees."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None
    """Radius within which the true point lies with 68 %, metres; None when unknown."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the tree of places."""

    code: GridCode
    """Digits, parent's code first; region 6, town 3, village 3, sequence 3 by the 15-digit rule."""
    name: str
    parent: GridCode | None
    tier: Tier
    """The tier this level answers for; several levels may share one."""
    kind: GridKind = GridKind.BASIC
    path: str
    """Codes from the root to this node joined by `.`; a subtree is a prefix."""
    centre: Position | None = None
    radius_m: float = 500.0
    """Within this distance of the centre (or the device) a phone counts as at the scene."""
