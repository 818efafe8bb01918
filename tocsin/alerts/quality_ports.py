"""How good detectors are, by what people said of their alarms: the figures and the rows behind them.

Reads only, bounded and scoped by a path of grids.  What counts as real, false, not judged, missed and
expected stands in docs/quality.md; drills and tests never count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from tocsin.core.detections import Kind
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId


@unique
class Truth(StrEnum):
    """What a person said of an incident."""

    REAL = "real"
    """Confirmed by a person, or dealt with by people who went there."""
    FALSE = "false"
    """Rejected by a person as a false alarm, or as nothing there."""
    UNJUDGED = "unjudged"
    """Still open, or ended without a word on whether it was real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedIncident:
    """One incident of the record with what is known of it now."""

    id: IncidentId
    kind: Kind
    grid: GridCode
    began: datetime
    opened: datetime
    devices: tuple[DeviceId, ...]
    """Of its alarms; empty for one that only people reported."""
    detectors: tuple[str, ...]
    judgement: Truth
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorFigures:
    """One detector at one device in one version: what became of its alarms, and what it did not see."""

    detector: str
    version: str
    """Empty where the detection behind the alarm is no longer kept."""
    kind: Kind
    device: DeviceId
    device_kind: str
    """`camera`, `sensor`, …; empty for a device that is not registered."""
    grid: GridCode
    real: int
    false: int
    unjudged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HourFigures:
    """What became of one detector's alarms that began in one hour of the day, Beijing time."""

    detector: str
    kind: Kind
    hour: int
    real: int
    false: int
    unjudged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """False alarms of one device against the days on which it worked."""

    device: DeviceId
    device_kind: str
    days: int
    """Days of the period on which anything came from it."""
    false: int
    """Its false alarms."""
    false_days: int
    """Days, of these, on which it gave at least one."""


@unique
class Witness(StrEnum):
    """Who knew of something that a detector should have seen."""

    DRILL = "drill"
    """A person arranged it."""
    SOURCE = "source"
    """Another device of the same place, in an incident that was real."""
    REPORT = "report"
    """Somebody reported it, and it was real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallFigures:
    """How much of what others knew of one detector at one device saw as well."""

    witness: Witness
    detector: str
    """Empty where no detector of that kind has ever spoken at the place."""
    kind: Kind
    device: DeviceId
    """Empty with an empty detector."""
    seen: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Something that a person arranges so that a device must see it."""

    id: str
    device: DeviceId
    kind: Kind
    since: datetime
    until: datetime
    reason: str
    person: PersonId
    made: datetime
    withdrawn: datetime | None = None
    seen_at: datetime | None = None
    """When a detector first raised that kind in its span; None while none did."""
    detector: str = ""
    """The one that did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindFilter:
    """Which incidents stand behind a number."""

    scope: str
    since: datetime
    until: datetime
    most: int
    detector: str | None = None
    device: DeviceId | None = None
    kind: Kind | None = None
    judgement: Truth | None = None
    hour: int | None = None
    missed: bool = False
    """Only real incidents that people reported and no machine saw."""


class QualityQueries(Protocol):
    """Figures of a period [since, until), over the incidents opened in it."""

    async def detectors(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[DetectorFigures]:
        """Count verdicts, most false first."""
        ...

    async def hours(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[HourFigures]:
        """Count verdicts by hour of the day."""
        ...

    async def days(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[DayFigures]:
        """Count false alarms and days of work of each device, most false first."""
        ...

    async def recall(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[RecallFigures]:
        """Count what others knew and each detector saw, fewest seen first."""
        ...

    async def behind(self, wanted: BehindFilter) -> Sequence[JudgedIncident]:
        """List incidents, newest first."""
        ...

    async def drills(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[Drill]:
        """List drills that touch a period, newest first, with what became of them."""
        ...

    async def add_drill(self, drill: Drill, scope: str) -> None:
        """Keep a drill; raises `NotFound` (`device.unknown`) for a device outside the scope."""
        ...

    async def withdraw_drill(self, drill: str, scope: str, at: datetime) -> None:
        """Take a drill back, which then counts nowhere; raises `NotFound` (`drill.unknown`)."""
        ...
