"""How good detectors are, and drills for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from tocsin.alerts.quality_ports import Truth, Witness
from tocsin.api.params import NESTED
from tocsin.api.schemas.base import Act, Schema
from tocsin.core.detections import Kind


class RateView(Schema):
    """A share of counted cases."""

    part: int
    """Cases that count."""
    whole: int
    """Cases looked at."""
    share: float | None
    """`part` of `whole`, 0 to 1; null of nothing."""
    low: float
    """Lower Wilson bound, 95 %; 0 of nothing."""
    high: float
    """Upper Wilson bound, 95 %; 1 of nothing."""


class VerdictsView(Schema):
    """What people said of the incidents that alarms belonged to."""

    real: int
    """Real."""
    false: int
    """False."""
    unjudged: int
    """Not judged by a person; in no share."""
    precision: RateView
    """Real among judged."""


class WitnessView(Schema):
    """How much of what others knew was seen."""

    witness: Witness
    """`drill`: arranged by a person; `source`: another device of the place; `report`: people."""
    recall: RateView
    """Seen among known."""


class DetectorSumView(Schema):
    """One detector over all its devices and versions."""

    detector: str
    """Its name in the configuration; empty where no detector of that kind has ever spoken at the place."""
    kind: Kind
    """What it raises."""
    devices: int
    """How many devices."""
    verdicts: VerdictsView
    """Of its alarms."""
    recall: list[WitnessView]
    """By witness; only those that knew of anything."""


class DetectorView(Schema):
    """One detector at one device in one version."""

    detector: str
    """Its name in the configuration."""
    version: str
    """Code and hash of the parameters; empty where the detection is no longer kept."""
    kind: Kind
    """What it raises."""
    device: str
    """The device."""
    device_kind: str
    """`camera`, `sensor`, …; empty when not registered."""
    grid: str
    """Code of the device's grid."""
    verdicts: VerdictsView
    """Of its alarms."""


class HourOfDayView(Schema):
    """One detector in one hour of the day."""

    detector: str
    """Its name in the configuration."""
    kind: Kind
    """What it raises."""
    hour: int
    """0 to 23, Beijing time, by the beginning of the incident."""
    verdicts: VerdictsView
    """Of its alarms."""


class DayView(Schema):
    """One device against its days of work."""

    device: str
    """The device."""
    device_kind: str
    """`camera`, `sensor`, …; empty when not registered."""
    days: int
    """Days of the period on which anything came from it."""
    false: int
    """Its false alarms."""
    per_day: float | None
    """False alarms a day; null without a day."""
    false_days: RateView
    """Days with a false alarm, among those."""


class FleetView(Schema):
    """All devices of one kind."""

    device_kind: str
    """`camera`, `sensor`, …; empty when not registered."""
    devices: int
    """How many gave anything."""
    days: int
    """Their days of work, summed."""
    false: int
    """Their false alarms."""
    per_day: float | None
    """False alarms a device and day; null without a day."""
    false_days: RateView
    """Device-days with a false alarm, among those."""


class RecallView(Schema):
    """One detector at one device against one kind of witness."""

    witness: Witness
    """Who knew."""
    detector: str
    """Empty where no detector of that kind has ever spoken at the place."""
    kind: Kind
    """What happened."""
    device: str
    """Empty with an empty detector."""
    recall: RateView
    """Seen among known."""


class QualityView(Schema):
    """How good detectors were in a period; docs/quality.md says how each figure is counted."""

    since: datetime
    """Beginning, inclusive."""
    until: datetime
    """End, exclusive."""
    total: VerdictsView
    """All alarms; an incident counts once for each detector and device that had a part in it."""
    sums: list[DetectorSumView]
    """By detector, most false alarms first."""
    detectors: list[DetectorView]
    """By detector, device and version, most false alarms first."""
    hours: list[HourOfDayView]
    """By hour of the day."""
    fleets: list[FleetView]
    """By kind of device."""
    days: list[DayView]
    """By device, most false alarms first."""
    recall: list[RecallView]
    """By witness and device, worst first."""
    truncated: bool
    """True when a list was longer than it may be: ask for a shorter period or a smaller scope."""
    now: datetime
    """The centre's time."""


class JudgedView(Schema):
    """One incident behind a number."""

    incident: str
    """Its id."""
    kind: Kind
    """Kind."""
    grid: str
    """Code of its grid."""
    began: datetime
    """When it began."""
    opened: datetime
    """When it was opened."""
    devices: list[str]
    """Devices of its alarms."""
    detectors: list[str]
    """Their detectors."""
    judgement: Truth
    """What a person said."""
    reports: int
    """Reports by hand."""


class JudgedList(Schema):
    """Incidents behind a number."""

    items: list[JudgedView]
    """Newest first."""
    now: datetime
    """The centre's time."""


Device = Annotated[str, StringConstraints(min_length=1, max_length=130, pattern=NESTED)]
"""The id of a device in a body: `weir/camera-1`."""


class DrillBody(Schema):
    """Something arranged so that a device must see it."""

    act: Act
    """Id of this act, made by the page: the same id is the same drill."""
    device: Device
    """The device."""
    kind: Kind
    """What it must raise."""
    since: AwareDatetime
    """Beginning, with offset; at most a day back and 30 days ahead."""
    until: AwareDatetime
    """End; at most 24 hours after the beginning."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    """What is arranged: which cartridge, whose hand."""


class DrillView(Schema):
    """A drill and what became of it."""

    id: str
    """Its id."""
    device: str
    """The device."""
    kind: Kind
    """What it must raise."""
    since: datetime
    """Beginning."""
    until: datetime
    """End."""
    reason: str
    """What was arranged."""
    person: str
    """Who arranged it: an id."""
    withdrawn: datetime | None
    """When it was taken back; it counts nowhere then."""
    seen_at: datetime | None
    """When a detector first raised it in that span; null while none has."""
    detector: str
    """The one that did; empty while none has."""


class DrillList(Schema):
    """Drills."""

    items: list[DrillView]
    """Newest first."""
    now: datetime
    """The centre's time."""
