"""What the HTTP face is given: ports only, assembled in `tocsin.wiring`.

Handlers reach them as `Deps`; nothing here holds state of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from tocsin.alerts.commands import Command
from tocsin.alerts.model import Incident
from tocsin.alerts.ports import AlertQueries, Report
from tocsin.api.config import ApiConfig
from tocsin.core.clock import Clock
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, IncidentId, PersonId
from tocsin.core.incidents import Actor, Grade
from tocsin.core.responders import Channel
from tocsin.core.watch import WatchStore
from tocsin.ingest.ports import FieldAdmin, FieldQueries, PictureStore
from tocsin.town.ports import TownStore


class UpcomingLike(Protocol):
    """What happens next in an incident if nobody does anything."""

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def what_code(self) -> str:
        """Stable code of what."""
        ...

    @property
    def tier(self) -> Tier | None:
        """Which tier it concerns."""
        ...

    @property
    def persons(self) -> Sequence[PersonId]:
        """Who will be told."""
        ...

    @property
    def channels(self) -> Sequence[Channel]:
        """Over which channels."""
        ...


class AlertsApi(Protocol):
    """The part of `alerts.service.AlertService` that people drive."""

    async def command(
        self,
        incident: IncidentId,
        command: Command,
        actor: Actor,
        *,
        act: str | None = None,
        occurred: datetime | None = None,
    ) -> Incident:
        """Decide and commit; the same `act` again gives the incident as it stands.

        Raises `Rejected`, `NotFound`, or `Conflict` when somebody else stayed faster.
        """
        ...

    async def report(
        self, report: Report, *, severity: float, grade: Grade | None, actor: Actor, act: str
    ) -> IncidentId:
        """Keep a report by hand and open an incident, or attach it to the one of the same happening."""
        ...

    async def note(
        self, incident: IncidentId, person: PersonId, text: str, *, act: str | None = None
    ) -> object:
        """Keep somebody's words in the erasable row and refer to them in the log; the same act once."""
        ...

    async def acknowledge(self, alarm: AlarmId, person: PersonId) -> object:
        """Note that somebody has seen an alarm."""
        ...

    async def preview(self, incident: IncidentId) -> Sequence[UpcomingLike]:
        """Say what happens next if nobody does anything, soonest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """Everything the application needs from outside."""

    alerts: AlertsApi
    queries: AlertQueries
    field: FieldQueries
    admin: FieldAdmin
    pictures: PictureStore
    town: TownStore
    clock: Clock
    ready: Callable[[], Awaitable[list[str]]]
    """Give a sentence for each thing that is not ready; an empty list means ready."""
    config: ApiConfig
    watch: WatchStore
    watched: str | None = None
    """Language of the watcher that is set up; None where none is."""
    console: Path | None = None
    """Directory with the built console; None or missing serves the API alone."""


def deps_of(request: Request) -> ApiDeps:
    """Give the dependencies of the running application."""
    return cast("ApiDeps", request.app.state.deps)


Deps = Annotated[ApiDeps, Depends(deps_of)]
"""Parameter type of handlers."""
