"""What the response engine needs of a database and of the world.

Batch-shaped: five thousand deadlines at one instant are loaded and saved in batches. The order of
locks is always: advisory place locks, then incidents by ascending id, then everything of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from tocsin.alerts.alarm_model import Alarm as Alarm  # noqa: PLC0414 known to all from here
from tocsin.alerts.alarm_ports import AlarmUnit
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.proof_ports import ProofUnit
from tocsin.alerts.query_ports import AlarmRow as AlarmRow  # noqa: PLC0414
from tocsin.alerts.query_ports import AlertQueries as AlertQueries  # noqa: PLC0414
from tocsin.alerts.query_ports import ClockRow as ClockRow  # noqa: PLC0414
from tocsin.alerts.query_ports import DetectionRow as DetectionRow  # noqa: PLC0414
from tocsin.alerts.query_ports import IncidentFilter as IncidentFilter  # noqa: PLC0414
from tocsin.alerts.query_ports import IncidentRow as IncidentRow  # noqa: PLC0414
from tocsin.alerts.query_ports import LiveEvent as LiveEvent  # noqa: PLC0414
from tocsin.alerts.query_ports import NoticeRow as NoticeRow  # noqa: PLC0414
from tocsin.alerts.query_ports import Report as Report  # noqa: PLC0414
from tocsin.alerts.throttle import Rate
from tocsin.core.detections import Detection, Kind
from tocsin.core.grids import Grid, Position
from tocsin.core.ids import (
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    PersonId,
    PictureHash,
    PolicyId,
    ReportId,
)
from tocsin.core.incidents import Actor, Grade, IncidentEvent, Outcome, Readiness, Recorded
from tocsin.core.responders import Channel, Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """What correlation needs to know of an incident that is open near a place."""

    id: IncidentId
    kind: Kind
    grid: GridCode
    place: Position | None
    began: datetime
    last_alarm: datetime
    devices: tuple[DeviceId, ...]
    filed: bool = False
    """It is dealt with as a case, without clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a device stands."""

    device: DeviceId
    grid: Grid
    township: GridCode
    """The first ancestor that answers for the township tier, or the grid itself."""
    place: Position | None
    certified: bool = False
    device_kind: str = ""
    """`camera`, `sensor` or `button`; empty for a device that nobody has written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """All that one decision changes in one incident."""

    incident: Incident
    """After the events."""
    base_version: int
    """Version the decision was made on; a different one in the store raises `Conflict`."""
    events: tuple[IncidentEvent, ...]
    actor: Actor
    occurred: datetime
    deadlines: Mapping[str, datetime]
    """All open deadlines after the events, by key; the store writes the difference."""
    notices: tuple[Notice, ...] = ()
    cancel: bool = False
    """True when notices not yet sent are worth nothing any more (ended, stood down)."""
    act: str | None = None
    """Id of a person's act: the same id is answered once."""


class AlertsUnit(AlarmUnit, ProofUnit, Protocol):
    """One transaction. `now` is the database's, asked once."""

    @property
    def now(self) -> datetime:
        """The instant of this transaction."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo what is written inside, and nothing before it, when an exception leaves it."""
        ...

    async def lock_places(self, places: Sequence[tuple[Kind, GridCode]]) -> None:
        """Take the advisory locks of (kind, township) in a fixed order; held until commit."""
        ...

    async def sites(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Site]:
        """Find where devices stand; an unknown device stands where its collector does."""
        ...

    async def grid(self, code: GridCode) -> Grid:
        """Read one grid; raises `NotFound` (`grid.unknown`)."""
        ...

    async def township(self, code: GridCode) -> GridCode:
        """Find the township of a grid."""
        ...

    async def open_incidents(self, kinds: Sequence[Kind], township: GridCode) -> Sequence[OpenIncident]:
        """List open incidents of these kinds in a township, oldest first."""
        ...

    async def load(self, incidents: Sequence[IncidentId]) -> Mapping[IncidentId, Sequence[Recorded]]:
        """Lock incidents in ascending id and read their events; unknown ids are absent."""
        ...

    async def save(self, changes: Sequence[Change]) -> Sequence[Sequence[Recorded]]:
        """Append events to the chains, write deadlines' differences, notices and the list row.

        Raises `Conflict` when a base version is not the stored one.
        """
        ...

    async def push_back(self, incident: IncidentId, until: datetime) -> None:
        """Move an incident's due deadlines, also those that this transaction claimed, to a later instant.

        For an incident whose deadline could not be decided: nothing is lost and nobody else waits for it.
        """
        ...

    async def answered(self, incident: IncidentId, act: str) -> bool:
        """Say whether an act with this id was committed before."""
        ...

    async def reported(self, report: ReportId) -> IncidentId | None:
        """Find the incident that a report by hand belongs to, open or not; None for a report not yet taken."""
        ...

    async def directory(self, grid: GridCode) -> Directory:
        """Everybody on duty for a grid now."""
        ...

    async def directories(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Directory]:
        """The same for many grids in one question."""
        ...

    async def policy_text(self, policy: PolicyId) -> str:
        """Read an immutable policy version's YAML; raises `NotFound` (`policy.unknown`)."""
        ...

    async def save_policy(self, policy: PolicyId, name: str, text: str) -> None:
        """Keep a policy version; the same id again must have the same text."""
        ...

    async def readiness(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Readiness]:
        """Say in what time grids are: what was last said of the nearest grid at or above each, else peace."""
        ...

    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        """Say it of a grid and what lies below; the same again changes nothing."""
        ...

    async def store_report(self, report: Report) -> None:
        """Keep a report by hand."""
        ...

    async def store_note(self, note: str, incident: IncidentId, person: PersonId | None, text: str) -> None:
        """Keep somebody's words."""
        ...

    async def store_position(
        self, incident: IncidentId, person: PersonId, position: Position, observed: datetime
    ) -> None:
        """Keep a position that was given with an act."""
        ...


class AlertsStore(Protocol):
    """Opens units of work."""

    def unit(self) -> AbstractAsyncContextManager[AlertsUnit]:
        """Open a transaction; leaving it normally commits, by an exception rolls back."""
        ...

    def due(
        self, most: int
    ) -> AbstractAsyncContextManager[tuple[AlertsUnit, Sequence[tuple[IncidentId, str, datetime]]]]:
        """Open a transaction and claim at most `most` incidents whose earliest deadline has come.

        Locks these incidents, skipping locked ones, and gives all their due (incident, key, due), earliest first.
        """
        ...

    async def next_due(self) -> tuple[datetime, datetime] | None:
        """Give (database's now, earliest open deadline); None when there is none."""
        ...

    async def next_alarm(self) -> tuple[datetime, datetime] | None:
        """Give (database's now, when the next alarm must be looked at); None when none must."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait until an incident was written (NOTIFY) or `seconds` (≤ 1) have passed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedNotice:
    """A notice leased to this relay, with what is needed to write and address it."""

    notice: Notice
    attempt: int
    """1 for the first try."""
    address: str
    """Number, mail address, webhook URL, collector id; by channel."""
    person_name: str
    language: str
    """`zh` or `en`."""
    kind: Kind
    grade: Grade
    grid_name: str
    place_name: str
    began: datetime
    confirmed: datetime | None
    due: datetime | None
    """The limit of the stage of a case; otherwise the deadline of the notice's tier."""
    picture: PictureHash | None = None
    provider: str = ""
    """The provider that may have it already: it was silent at the last try. Empty when none has."""
    others: tuple[str, ...] = ()
    """Further addresses that are told as well: the person's other browsers (web push)."""
    matter: tuple[str, str] = ("", "")
    """Name of its matter in the catalogue, Chinese and English; empty where nobody has named one."""


OUTAGE: Final = timedelta(seconds=30)
"""A notice that is found so long after it expired was kept by an outage of ours: relays look every second."""


class NoticeStore(Protocol):
    """The outbox of notices."""

    async def claim(self, relay: str, most: int, lease: timedelta) -> Sequence[ClaimedNotice]:
        """Lease notices that may be sent now, most urgent first, skipping locked ones."""
        ...

    async def settle(
        self,
        notice: NoticeId,
        relay: str,
        outcome: Outcome,
        *,
        reason: str,
        provider_id: str,
        provider: str = "",
    ) -> bool:
        """Write an outcome if the lease is still ours; False when it is not."""
        ...

    async def postpone(
        self,
        notice: NoticeId,
        relay: str,
        until: datetime,
        reason: str,
        *,
        tried: bool = True,
        provider: str = "",
    ) -> bool:
        """Give a notice back until an instant; `tried` False when it was not sent (throttled): no attempt is counted.

        `provider` names the one that may have it, because it fell silent.
        """
        ...

    async def forget(self, channel: Channel, address: str) -> None:
        """Erase a contact whose address will never exist again."""
        ...

    async def expire(self, most: int) -> Sequence[Notice]:
        """Mark notices whose time is over as expired, and return them.

        The reason is `not_sent_in_time`, or `outage` when they expired `OUTAGE` ago or more.
        """
        ...

    async def next_send(self) -> tuple[datetime, datetime] | None:
        """Give (database's now, earliest instant at which something may be sent)."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class RefusedBy:
    """The provider said no, by status or in the body."""

    reason: str
    retry_after: timedelta | None = None
    """None: never the same again; a duration: may be tried then."""
    by_account: bool = False
    """True: any other message through this provider would meet the same (not reached, sign-in, arrears, its own
    budget): another provider of the channel may be asked at once. False: it is about this address or text."""
    elsewhere: bool = False
    """True: the provider works, but only another one may take this: its bound for one number is reached, or no
    template stands for this text. To be asked at once, like `by_account`, without blame."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that could be understood: it may have been sent."""

    reason: str


Answer = Sent | RefusedBy | Unknown

GONE: Final = "gone"
"""Reason of a `RefusedBy` for an address that will never exist again (a web push subscription): forget it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The written form of a notice, ready for any channel."""

    notice: NoticeId
    incident: IncidentId
    address: str
    title: str
    text: str
    link: str
    """The page of this incident for this person; empty without `public_url`."""
    template: str
    seconds_left: float | None
    words: Mapping[str, str] = field(default_factory=dict)
    """The same in pieces, for providers that fill in a registered template: what, where, grade, began, by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What may be sent through one adapter; the relay keeps it. All rates of a tuple hold at once."""

    account: tuple[Rate, ...] = ()
    """All messages through this provider together."""
    address: tuple[Rate, ...] = ()
    """Messages to one address: a person's number, a group's bot, a collector."""


class ChannelAdapter(Protocol):
    """One way to reach people, through one provider."""

    @property
    def channel(self) -> Channel:
        """Which channel it serves."""
        ...

    @property
    def provider(self) -> str:
        """Its provider's name, unique within the channel; the channel's own name where there is only one."""
        return self.channel.value

    @property
    def rates(self) -> Rates:
        """Its budgets; empty ones mean no bound."""
        return Rates()

    @property
    def idempotent(self) -> bool:
        """Whether the provider, or who reads, recognises a repetition of the same notice: it may be sent again."""
        return False

    async def probe(self) -> Answer | None:
        """Ask the provider something harmless that reaches nobody; None when it offers nothing of the kind.

        `Sent` means that it is there and takes our sign-in. Within the time limit, never raises for its fault.
        """
        return None

    async def send(self, message: Message) -> Answer:
        """Send once, within the adapter's own time limit; never raises for a provider's fault."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One detection as `alerts` takes it in; made by the pipeline from ingest's value."""

    detection: Detection
    age: timedelta | None
    raised: bool
    grid: GridCode
    began: datetime
