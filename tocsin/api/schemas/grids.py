"""Places: grids with their versions, names of levels, key places, where a point lies.

Codes for the console: `PlaceKind` (house, facility, farmland, woodland, water), `GridKind`, `Tier`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Act, Place, Schema
from tocsin.api.sheets import Upload
from tocsin.core.grids import GridKind, Tier
from tocsin.town.grid_ports import PlaceKind

GridCodeText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s]+$")]
"""Code of a grid in a body."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


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
    level: int
    """Its level in the tree, 1 at the root."""
    region: str
    """Statistical code of the place, 12 digits; may be empty."""
    report_to: str | None
    """Code of the grid it reports to, where that is not its parent."""
    grid_class: str
    """With which others it is compared; may be empty."""
    has_outline: bool
    """Whether its outline is known."""
    since: datetime
    """Since when it is as it is shown."""
    until: datetime | None
    """When that ended; absent while it holds."""


class GridList(Schema):
    """Grids in order of path: every grid after the one above it."""

    items: list[GridView]
    """The grids in order of path."""


class GridVersionView(GridView):
    """What a grid was before a change."""

    person: str
    """Id of who changed it at `until`; empty for the command line."""
    reason: str
    """Why, in their words."""


class GridLevelView(Schema):
    """What a level of a tree is called."""

    level: Annotated[int, Field(ge=1, le=12)]
    """The level, 1 at the root."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    """Its Chinese name."""
    name_en: Annotated[str, StringConstraints(max_length=40)] = ""
    """Its English name; may be empty."""
    most: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many children a grid of this level should have at most; absent for no limit."""


class KeyPlaceView(Schema):
    """A place that somebody of the grid looks after."""

    id: str
    """Its id."""
    kind: PlaceKind
    """What it is."""
    name: str
    """What people call it."""
    grid: str
    """Code of the grid."""
    place: Place
    """Where it is."""
    note: str
    """Words about it; may be empty."""
    since: datetime
    """Since when it is looked after."""


class KeyPlaceList(Schema):
    """Key places, by name."""

    items: list[KeyPlaceView]
    """The places, by name."""


class KeyPlaceBody(Schema):
    """A key place to look after."""

    act: Act
    """Id of this act; the place is named by it."""
    kind: PlaceKind
    """What it is."""
    name: Words
    """What people call it."""
    grid: GridCodeText | None = None
    """Code of the grid; that in which it lies when left out."""
    place: Place
    """Where it is."""
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    """Words about it."""


class GridDetail(Schema):
    """One grid with what belongs to it."""

    grid: GridView
    """The grid."""
    outline: dict[str, Any] | None
    """Its outline as a GeoJSON geometry, WGS 84; absent where it is not known."""
    versions: list[GridVersionView]
    """What it was before, newest first, at most 100."""
    levels: list[GridLevelView]
    """What the levels of its tree are called."""
    people: int
    """How many active people belong to it and to all below it."""
    devices: int
    """How many devices stand there."""
    key_places: int
    """How many key places there are."""


class GridChange(Schema):
    """What shall be otherwise; what is left out stays."""

    name: Words | None = None
    """Its name."""
    grid_class: Annotated[str, StringConstraints(max_length=64)] | None = Field(default=None, alias="class")
    """With which others it is compared; empty for none."""
    report_to: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^./\s]*$")] | None = None
    """Code of the grid it reports to; empty for its parent."""
    reason: Words
    """Why, for those who look at its versions."""


class LevelsBody(Schema):
    """Names of the levels of one tree, instead of those it has."""

    root: GridCodeText
    """Code of the tree's root."""
    items: Annotated[list[GridLevelView], Field(max_length=12)]
    """The levels."""


class TreeLevels(Schema):
    """What the levels of one tree are called."""

    root: str
    """Code of the tree's root."""
    items: list[GridLevelView]
    """The levels, in order."""


class LevelsList(Schema):
    """Names of levels by tree."""

    items: list[TreeLevels]
    """The trees of the caller's scope."""


class GridCheckForm(Schema):
    """Files of a tree, to be looked at; without any the tree as it is."""

    csv: Upload | None = None
    """The grids: CSV in UTF-8 or GB18030, or XLSX."""
    geojson: Upload | None = None
    """Their outlines: GeoJSON in WGS 84, by the property `code`."""
    close_missing: bool = False
    """Give up what lies below the files' topmost grids and is not in them."""


class GridImportForm(GridCheckForm):
    """Files of a tree, to be brought in."""

    reason: Annotated[str, StringConstraints(max_length=500)] = ""
    """Why, for those who look at versions."""


class TierGrid(Schema):
    """Which grid answers for a tier."""

    tier: Tier
    """The tier."""
    grid: GridView
    """The grid."""


class LocateAnswer(Schema):
    """Where a point lies."""

    grid: GridView
    """The lowest grid that holds it."""
    path: list[GridView]
    """The grids it reports through, itself first."""
    tiers: list[TierGrid]
    """Which grid answers for each tier, nearest first."""
    by_outline: bool
    """False where no outline holds it and the nearest centre decided."""
    near_m: float
    """0 inside of the outline, else how far from it, or from the centre, metres."""
