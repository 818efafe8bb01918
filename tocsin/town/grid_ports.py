"""Places of responsibility as they are kept: records with versions, names of levels, key places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Final, Protocol

from msgspec import UNSET, UnsetType

from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode, PersonId

ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Since when a place is in force of which nobody said it."""
GRIDS_MAX: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRecord:
    """One grid as it is, or was, over a span of time."""

    grid: Grid
    level: int
    """Its level in the tree, 1 at the root."""
    region: str = ""
    """Statistical code of the place, 12 digits; empty for none."""
    report_to: GridCode | None = None
    """Where it reports, where that is not its parent."""
    grid_class: str = ""
    """With which others it is compared."""
    has_outline: bool = False
    outline: bytes | None = None
    """Polygon or multipolygon, WKB, WGS 84; None also where it was not asked for."""
    since: datetime = ALWAYS
    until: datetime | None = None
    """When this ended: the grid was changed, or given up."""

    @property
    def code(self) -> GridCode:
        """Its code."""
        return self.grid.code


@dataclass(frozen=True, slots=True, kw_only=True)
class GridVersion:
    """What a grid was before a change."""

    record: GridRecord
    person: str
    """Who changed it at `record.until`; empty for the command line."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDraft:
    """What somebody wants a grid to be; what is UNSET stays as it is, or as a new grid has it."""

    code: GridCode
    name: str | UnsetType = UNSET
    parent: GridCode | UnsetType | None = UNSET
    tier: Tier | UnsetType = UNSET
    kind: GridKind | UnsetType = UNSET
    region: str | UnsetType = UNSET
    report_to: GridCode | UnsetType | None = UNSET
    grid_class: str | UnsetType = UNSET
    centre: Position | UnsetType | None = UNSET
    radius_m: float | UnsetType = UNSET
    outline: bytes | UnsetType | None = UNSET
    since: datetime | UnsetType = UNSET
    """For new grids only."""


def draft_of(grid: Grid) -> GridDraft:
    """Want a grid to be as it is given; what a `Grid` does not say stays."""
    return GridDraft(
        code=grid.code,
        name=grid.name,
        parent=grid.parent,
        tier=grid.tier,
        kind=grid.kind,
        centre=grid.centre,
        radius_m=grid.radius_m,
    )


@dataclass(frozen=True, slots=True)
class Written:
    """What a change of the tree did."""

    new: int
    changed: int
    moved: int
    """Grids whose path changed, those below one that moved among them; all are `changed` too."""
    closed: int
    same: int
    """Grids of the file that are as they were."""
    stranded: tuple[str, ...] = ()
    """Accounts whose scope is a grid that is given up: they see nothing new until it is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLevel:
    """What a level of a tree is called."""

    level: int
    name: str
    name_en: str = ""
    most: int | None = None
    """How many children a grid of this level should have at most; more is a warning."""


@unique
class PlaceKind(StrEnum):
    """What there is in a grid: 房屋、公共基础设施、农田、山林、水域."""

    HOUSE = "house"
    FACILITY = "facility"
    FARMLAND = "farmland"
    WOODLAND = "woodland"
    WATER = "water"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """A place that somebody of the grid looks after."""

    id: str
    kind: PlaceKind
    name: str
    grid: GridCode
    position: Position
    note: str = ""
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A point that may not lie outside every grid: a device or a key place."""

    id: str
    kind: str
    """Kind of the device, or of the place."""
    name: str
    grid: GridCode
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to a grid and all below it."""

    people: int
    devices: int
    places: int


class PlacesStore(Protocol):
    """Keeps the tree of places with what it was before."""

    async def version(self) -> int:
        """Give a number that rises with every change of the tree."""
        ...

    async def records(
        self,
        scope: str,
        *,
        at: datetime | None = None,
        under: GridCode | None = None,
        outlines: bool = False,
        most: int = GRIDS_MAX,
    ) -> Sequence[GridRecord]:
        """List a subtree in order of path, as it is or as it was at an instant, with the paths of that time.

        Grids that were given up are left out. `under` is the code of the subtree's root.
        """
        ...

    async def record(self, code: GridCode) -> GridRecord | None:
        """Find a grid with its outline, one that was given up too."""
        ...

    async def versions(self, code: GridCode, most: int = 100) -> Sequence[GridVersion]:
        """List what a grid was before, newest first, without outlines."""
        ...

    async def write(
        self,
        drafts: Sequence[GridDraft],
        *,
        close: Sequence[GridCode] = (),
        person: PersonId | None = None,
        reason: str = "",
        since: datetime | None = None,
    ) -> Written:
        """Bring the tree to what is wanted, as one change; what a grid was before is kept.

        The subtree of a grid that moves moves along, and so do the scopes of accounts in it. `since` is
        for new grids. Raises `Rejected` with every fault of `grid_plan.plan`.
        """
        ...

    async def all(self, *, outlines: bool = True) -> Mapping[GridCode, GridRecord]:
        """Give every grid there is, those given up too."""
        ...

    async def levels(self, root: GridCode) -> Sequence[GridLevel]:
        """Give the names of the levels of a tree, in order."""
        ...

    async def set_levels(self, root: GridCode, levels: Sequence[GridLevel]) -> None:
        """Replace the names of the levels of a tree; raises `Rejected` (`grid.root`) for what is no root."""
        ...

    async def around(self, code: GridCode) -> Around:
        """Count what belongs to a grid and all below it."""
        ...

    async def watched(self, scope: str) -> Sequence[Watched]:
        """List devices and key places of a subtree that have a position."""
        ...

    async def institutions(self) -> Collection[GridCode]:
        """Give the grids that an active organisation has."""
        ...

    async def add_places(self, places: Sequence[KeyPlace], person: PersonId | None) -> None:
        """Insert or update key places; raises `Rejected` (`town.reference`) for an unknown grid."""
        ...

    async def places(self, scope: str, grid: GridCode | None, most: int) -> Sequence[KeyPlace]:
        """List key places of a subtree that have not ended, by name."""
        ...

    async def end_place(self, place: str, scope: str, person: PersonId | None) -> bool:
        """End a key place of a scope; False when there is none."""
        ...
