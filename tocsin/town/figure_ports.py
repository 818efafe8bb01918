"""What reports need of the store: facts of incidents, kept up to date; names; what is open.

Kept facts are never the truth: whoever asks first has them read anew from the log where it has gone on,
and `differing` says which kept ones are not what the log says.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.core.ids import GridCode, IncidentId, OrganisationCode
from tocsin.town.figures import Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which incidents are asked for; None and the empty scope choose all."""

    since: datetime
    until: datetime
    """Opened before this instant."""
    scope: str = ""
    """Path of a grid: it and what lies below."""
    drill: bool = False
    """Drills and nothing else."""
    kind: str | None = None
    grade: str | None = None
    source: str | None = None
    matter: str | None = None
    """Code of a matter, or the beginning of one."""
    grid_class: str | None = None
    organisation: OrganisationCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One incident that still waits on somebody."""

    incident: IncidentId
    state: str
    kind: str
    grade: str
    source: str
    grid: GridCode
    grid_name: str
    grid_path: str
    opened: datetime
    confirmed: datetime | None
    matter: str
    matter_name: str
    level: str | None
    lead: OrganisationCode | None
    lead_name: str
    stage: str | None
    stage_due: datetime | None
    next_due: datetime | None
    """When the system comes back to it by itself."""
    report_missing: bool
    """Grave, confirmed, and nobody above was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWanted:
    """Which open incidents are asked for."""

    scope: str
    now: datetime
    organisation: OrganisationCode | None = None
    overdue: bool = False
    report_missing: bool = False
    after: IncidentId | None = None
    """The last one of the page before."""
    most: int = 500


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """How many are open."""

    open: int
    overdue: int
    report_missing: int


class FigureStore(Protocol):
    """Facts for figures, and lists of what is open."""

    async def bring_up(self, wanted: Selection) -> int:
        """Read the logs of the selected incidents that have gone on since their facts were kept; give how many.

        Only period and scope of the selection count. Safe beside others who do the same.
        """
        ...

    def counted(self, wanted: Selection) -> AsyncGenerator[Sequence[Counted], None]:
        """Give kept facts in order of opening, in pieces; close it when not all of them are taken.

        Drills come too unless only drills are asked for: a report says how many it left out.
        """
        ...

    async def differing(self, wanted: Selection) -> tuple[int, Sequence[IncidentId]]:
        """Read all logs of the selection again; give how many, and whose kept facts are not what they say."""
        ...

    async def names(self, dimension: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Give the names of grids, organisations, matters, categories or devices; others have none."""
        ...

    async def open_items(self, wanted: OpenWanted) -> Sequence[OpenItem]:
        """List open incidents by grid, oldest first; drills are none."""
        ...

    async def open_counts(self, wanted: OpenWanted) -> OpenCounts:
        """Count what `open_items` would list without its filters, page by page."""
        ...
