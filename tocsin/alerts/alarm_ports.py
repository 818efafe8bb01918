"""What alarms need of a database: within a transaction, beside it, and for lists.

Order of locks, as everywhere in `alerts`: places, then alarms, then incidents. `due_alarms` therefore
locks nothing: who wants to step an alarm locks its place first and then asks for it by `hold_alarms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.alerts.alarm_model import Alarm, FalseSpot, JournalLine, Link, Window
from tocsin.core.detections import Detection, Kind
from tocsin.core.ids import AlarmId, CollectorId, DeviceId, GridCode


class AlarmUnit(Protocol):
    """The part of a transaction that concerns alarms."""

    async def alarms(
        self, keys: Sequence[tuple[DeviceId, Kind, str]]
    ) -> Mapping[tuple[DeviceId, Kind, str], Alarm]:
        """Read and lock alarms by device, kind and detector."""
        ...

    async def alarm(self, alarm: AlarmId) -> Alarm | None:
        """Read and lock one alarm."""
        ...

    async def save_alarms(self, alarms: Sequence[Alarm]) -> None:
        """Insert or update alarms."""
        ...

    async def due_alarms(self, most: int) -> Sequence[Alarm]:
        """Read alarms whose `due` has come, earliest first, without locking them."""
        ...

    async def look_at(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        """Read alarms without locking them."""
        ...

    async def hold_alarms(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        """Read and lock alarms in ascending id, leaving out those that others hold."""
        ...

    async def kinds_of(self, device: DeviceId) -> Sequence[Kind]:
        """Name the kinds of which a device, or any device of a collector, ever had an alarm."""
        ...

    async def journal(self, lines: Sequence[JournalLine]) -> None:
        """Add lines to the journal of alarms; nobody changes one."""
        ...

    async def windows(self) -> Sequence[Window]:
        """Read the maintenance windows that are not over, those to come too."""
        ...

    async def false_spots(self, devices: Sequence[DeviceId]) -> Sequence[FalseSpot]:
        """Read the spots of devices that nobody has ended and that are not over."""
        ...

    async def standing(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> Sequence[Alarm]:
        """Read the raised alarms of some kinds of these collectors, or in these grids, without locking them."""
        ...

    async def wake_explained(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> None:
        """Make the raised alarms of some kinds of these collectors, or in these grids, due now: a root came."""
        ...

    async def wake_suppressed(self, roots: Sequence[AlarmId]) -> None:
        """Make the alarms that these roots suppress due now: a root has cleared."""
        ...

    async def wake_covered(self, window: Window) -> None:
        """Make the raised alarms that a window covers due now, and those that it holds out of service."""
        ...

    async def save_window(self, window: Window) -> None:
        """Keep a window, or its end; a repeat changes nothing."""
        ...

    async def window(self, window: str) -> Window | None:
        """Read and lock one window, over or not."""
        ...

    async def save_spot(self, spot: FalseSpot) -> None:
        """Keep a spot, or its end; a repeat changes nothing."""
        ...

    async def spot(self, spot: str) -> FalseSpot | None:
        """Read and lock one spot, over or not."""
        ...

    async def newest_detection(self, alarm: Alarm) -> Detection | None:
        """Read the newest stored detection of an alarm that raised or changed it; None when none is kept."""
        ...

    async def links(self, sessions: int) -> tuple[datetime | None, Sequence[Link]]:
        """Read all enabled collectors' links, and the older of the newest flushes of the first `sessions` sessions.

        The instant is None when no session ever flushed: then nobody listens to the boxes.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Annunciation:
    """One time that an alarm asked for attention."""

    at: datetime
    alarm: AlarmId
    device: DeviceId
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """An alarm with where it lies."""

    alarm: Alarm
    grid_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """A window with the name of its place."""

    window: Window
    grid_path: str
    name: str
    """Of the grid or the device; empty when nobody named it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotRow:
    """A spot with the name of its device and how often it has filtered."""

    spot: FalseSpot
    grid_path: str
    device_name: str
    filtered: int


class AlarmQueries(Protocol):
    """Lists around alarms for the faces, every one bounded and scoped."""

    async def journal(self, scope: str, alarm: AlarmId, most: int) -> Sequence[JournalLine]:
        """List the journal of one alarm, newest first."""
        ...

    async def annunciations(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Annunciation]:
        """List what asked for attention in a span, oldest first."""
        ...

    async def standing(self, scope: str, most: int) -> Sequence[StandingRow]:
        """List alarms that are raised, shelved, suppressed or out of service."""
        ...

    async def names(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, str]:
        """Find what people call devices; those without a name are absent."""
        ...

    async def maintenance(self, scope: str, most: int) -> Sequence[WindowRow]:
        """List windows, newest first, those that are over too."""
        ...

    async def spots(self, scope: str, most: int) -> Sequence[SpotRow]:
        """List spots, newest first, those that are over too."""
        ...
