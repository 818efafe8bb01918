"""Grids and people."""

from __future__ import annotations

from tocsin.api.schemas.base import Place, Schema
from tocsin.core.grids import GridKind, Tier


class GridView(Schema):
    """One node of the tree of places."""

    code: str
    """The grid's code."""
    name: str
    """Its name."""
    parent: str | None
    """Code of the grid above; absent at the root."""
    tier: Tier
    """The tier this level answers for."""
    kind: GridKind
    """Territory, or an institution with staff of its own."""
    path: str
    """Codes from the root to this grid, joined by `.`."""
    centre: Place | None
    """Its middle."""
    radius_m: float
    """Within this distance a phone counts as at the scene, metres."""


class GridList(Schema):
    """Grids in order of path: every grid after the one above it."""

    items: list[GridView]
    """The grids in order of path."""


class PersonView(Schema):
    """One member of staff; no telephone numbers."""

    id: str
    """Id of the person."""
    name: str
    """Their name."""
    grid: str
    """Code of the grid they belong to."""
    tier: Tier | None
    """The tier they are called for; absent for people who are not called."""
    department: str
    """Department; may be empty."""
    supervisor: bool
    """True for those who are called when nobody confirms."""
    order: int
    """Rank within the tier: 1 is called first."""
    active: bool
    """False for those who have left."""


class PersonList(Schema):
    """People, by name."""

    items: list[PersonView]
    """The people, by name."""
