"""People."""

from __future__ import annotations

from tocsin.api.schemas.base import Schema
from tocsin.core.grids import Tier


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
