"""What the HTTP face is given: ports only, assembled in `tocsin.wiring`.

Handlers reach them as `Deps`; nothing here holds state of its own.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from tocsin.alerts.alarm_desk import Marks
from tocsin.alerts.alarm_model import Alarm, FalseSpot, Window
from tocsin.alerts.alarm_ports import AlarmQueries
from tocsin.alerts.cap_ports import CapStore
from tocsin.alerts.commands import Command
from tocsin.alerts.exercising import Drill
from tocsin.alerts.hooks import Hook
from tocsin.alerts.links import LinkKeys
from tocsin.alerts.model import Incident
from tocsin.alerts.oversight import ReportDue
from tocsin.alerts.policy_model import Plan
from tocsin.alerts.policy_ports import PolicyRecords
from tocsin.alerts.ports import AlertQueries, Report
from tocsin.alerts.proof_ports import Challenge, ProofStore
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.alerts.quality_ports import QualityQueries
from tocsin.alerts.reach_ports import TrialStore
from tocsin.alerts.reporting import BY_DESK, Said
from tocsin.alerts.service import Demand
from tocsin.alerts.waiting import Waiting
from tocsin.api.config import ApiConfig
from tocsin.api.replays import Replays
from tocsin.core.clock import Clock
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, PersonId, PolicyId
from tocsin.core.incidents import Actor, Grade, Readiness
from tocsin.core.responders import Channel
from tocsin.core.watch import WatchStore
from tocsin.ingest.ports import FieldAdmin, FieldQueries, PictureStore
from tocsin.town.evaluating import Evaluation
from tocsin.town.exercises import Exercises
from tocsin.town.jobs import Jobs
from tocsin.town.people_ports import DutyStore, PeopleStore
from tocsin.town.places import Places
from tocsin.town.ports import Catalogue, TownStore
from tocsin.town.profiles import ProfileStore
from tocsin.town.reporting import Reporting
from tocsin.town.sweeps import Sweeps


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


class OutlookLike(Protocol):
    """How an incident stands under the policy that it pins."""

    @property
    def upcoming(self) -> Sequence[UpcomingLike]:
        """What happens next if nobody does anything, soonest first."""
        ...

    @property
    def plan(self) -> Plan | None:
        """The checklist for it."""
        ...

    @property
    def reports_due(self) -> Sequence[ReportDue]:
        """Reports to the level above that have not been made."""
        ...

    @property
    def waits_on(self) -> Sequence[Waiting]:
        """Whom it waits on."""
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
        shown: Shown = NOTHING,
        words: str | None = None,
        demand: Demand | None = None,
    ) -> Incident:
        """Decide and commit, with words for the log; the same `act` again gives the incident as it stands.

        Raises `Rejected`, `NotFound`, or `Conflict` when somebody else stayed faster.
        """
        ...

    async def refute(
        self, incident: IncidentId, tier: Tier, reason_code: str, actor: Actor, *, act: str
    ) -> Incident:
        """Take back what the proofs of a tier's arrival had stopped."""
        ...

    async def photo_challenge(self, incident: IncidentId, person: PersonId) -> Challenge:
        """Give the code that a person's photo must show."""
        ...

    async def report(
        self,
        report: Report,
        *,
        severity: float,
        grade: Grade | None,
        actor: Actor,
        act: str,
        said: Said = BY_DESK,
    ) -> IncidentId:
        """Keep a report by hand and open an incident, or attach it to the one of the same happening."""
        ...

    async def note(
        self, incident: IncidentId, person: PersonId, text: str, *, act: str | None = None
    ) -> object:
        """Keep somebody's words in the erasable row and refer to them in the log; the same act once."""
        ...

    async def start_exercise(self, drill: Drill, actor: Actor) -> IncidentId:
        """Begin the incident of an exercise; again gives the same one."""
        ...

    async def acknowledge(self, alarm: AlarmId, person: PersonId) -> object:
        """Note that somebody has seen an alarm."""
        ...

    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        """Say in what time a grid and all below it are from now on."""
        ...

    async def outlook(self, incident: IncidentId) -> OutlookLike:
        """Say what an incident owes and to whom, and what happens next if nobody does anything."""
        ...


class DeskApi(Protocol):
    """The part of `alerts.alarm_desk.AlarmDesk` that people drive; each raises as that does."""

    async def shelve(
        self, scope: str, alarm: AlarmId, person: PersonId, *, reason: str, span: timedelta
    ) -> None:
        """Put an alarm aside for a while."""
        ...

    async def unshelve(self, scope: str, alarm: AlarmId, person: PersonId) -> None:
        """Take an alarm off its shelf."""
        ...

    async def add_window(
        self,
        scope: str,
        person: PersonId,
        *,
        grid: GridCode | None,
        device: DeviceId | None,
        since: datetime,
        until: datetime,
        reason: str,
    ) -> Window:
        """Take a place out of service for a while."""
        ...

    async def end_window(self, scope: str, window: str, person: PersonId) -> None:
        """End a maintenance window before its time."""
        ...

    async def add_spot(
        self, scope: str, alarm: AlarmId, person: PersonId, *, whole: bool, days: int, reason: str
    ) -> FalseSpot:
        """Teach that an alarm's newest detection was false at its spot."""
        ...

    async def end_spot(self, scope: str, spot: str, person: PersonId) -> None:
        """Forget a false spot."""
        ...

    def marks(self, alarm: Alarm, grid_path: str, now: datetime) -> Marks:
        """Say what an operator sees of an alarm besides its condition."""
        ...


class HooksApi(Protocol):
    """The part of `alerts.hooks.Hooks` that providers drive."""

    def find(self, name: str, secret: str) -> Hook | None:
        """Find a hook by its name and secret."""
        ...

    async def take(self, hook: Hook, body: bytes) -> dict[str, object]:
        """Keep and act on what a provider says; gives the answer that it expects."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """Everything the application needs from outside."""

    alerts: AlertsApi
    desk: DeskApi
    queries: AlertQueries
    board: AlarmQueries
    field: FieldQueries
    admin: FieldAdmin
    pictures: PictureStore
    town: TownStore
    people: PeopleStore
    duty: DutyStore
    set_up: frozenset[Channel]
    """Channels that reach people and are set up."""
    catalogue: Catalogue
    """Matters, organisations, working time."""
    sweeps: Sweeps
    """One call to all grids, and who has answered."""
    exercises: Exercises
    """Drills that somebody prepares."""
    clock: Clock
    ready: Callable[[], Awaitable[list[str]]]
    """Give a sentence for each thing that is not ready; an empty list means ready."""
    config: ApiConfig
    watch: WatchStore
    proofs: ProofStore
    policies: PolicyRecords
    policy_places: Mapping[PolicyId, Sequence[str]]
    """Codes of grids, or `default`, for which each current version holds."""
    links: LinkKeys | None = None
    """Keys of one-tap links; None where none are made."""
    watched: str | None = None
    """Language of the watcher that is set up; None where none is."""
    trials: TrialStore
    """Tests of channels, subscriptions of browsers, the list of providers."""
    hooks: HooksApi
    """What providers report."""
    quality: QualityQueries
    """How good detectors are."""
    replays: Replays
    """Other detectors on the past."""
    cap: CapStore
    """Incidents for other authorities."""
    cap_token: str = ""
    """By which another system reads them; empty where none may."""
    evaluation: Evaluation
    """Scores, contests and points of the grid staff."""
    reporting: Reporting
    """Figures of a period, and what is open."""
    jobs: Jobs
    """Work on many rows at once."""
    places: Places
    """The tree of places."""
    profiles: ProfileStore
    """What the steps of a case are called where."""
    push_key: str = ""
    """The server's public key for pushes to browsers; empty where they are not set up."""
    console: Path | None = None
    """Directory with the built console; None or missing serves the API alone."""


def deps_of(request: Request) -> ApiDeps:
    """Give the dependencies of the running application."""
    return cast("ApiDeps", request.app.state.deps)


Deps = Annotated[ApiDeps, Depends(deps_of)]
"""Parameter type of handlers."""
