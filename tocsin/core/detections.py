"""What a detector says it saw, with the evidence that convinced it.

A detection is raw and may be wrong. It raises or clears one condition of one device; the alarm,
not the detection, is what an operator sees.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, unique
from typing import Final

import msgspec

from tocsin.core.frames import Box
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, PictureHash, StreamId


@unique
class Kind(StrEnum):
    """Kinds of condition; the text is on the wire, in policies and in the store."""

    SMOKE = "smoke"
    FIRE = "fire"
    FLOOD = "flood"
    """Water level over its limit, or water where none should be."""
    RAIN = "rain"
    GAS = "gas"
    TEMPERATURE = "temperature"
    LEVEL = "level"
    """Any other measured quantity over or under its limit."""
    CALL = "call"
    """Somebody pressed the button."""
    INTRUSION = "intrusion"
    LOITERING = "loitering"
    TRIPWIRE = "tripwire"
    CROWDING = "crowding"
    ABANDONED = "abandoned"
    FALL = "fall"
    MOTION = "motion"
    DOOR = "door"
    TAMPER = "tamper"
    """Camera covered, moved, defocused."""
    VIDEO_LOSS = "video_loss"
    """Camera frozen, dark without reason or gone."""
    SILENCE = "silence"
    """A stream that should speak does not."""
    SENSOR_FAULT = "sensor_fault"
    LINK_LOSS = "link_loss"
    """A whole collector is gone."""
    POWER_LOSS = "power_loss"
    """The mains of a place are gone."""
    PRESENCE = "presence"
    """A person is seen; proves that somebody arrived, and opens nothing by itself."""
    OTHER = "other"


GB28181_ALARM_TYPE: Final[dict[Kind, int]] = {
    Kind.ABANDONED: 3,
    Kind.TRIPWIRE: 5,
    Kind.INTRUSION: 6,
    Kind.LOITERING: 8,
    Kind.CROWDING: 10,
    Kind.VIDEO_LOSS: 11,
}
"""AlarmType of GB/T 28181-2022, alarm method 5 (video)."""


@unique
class Phase(StrEnum):
    """Say whether the condition began, changed its strength, or ended."""

    RAISE = "raise"
    UPDATE = "update"
    CLEAR = "clear"


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What convinced the detector; every instant of it lies in `first`..`last`."""

    first: datetime
    last: datetime
    boxes: tuple[Box, ...] = ()
    values: tuple[tuple[datetime, float], ...] = ()
    """At most 64 points of the series that led here, oldest first."""
    pictures: tuple[PictureHash, ...] = ()
    """At most 8 pictures, oldest first."""
    limit: float | None = None
    """The limit that was crossed, in `unit`."""
    unit: str = ""


class Detection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement of one detector instance about one device."""

    id: DetectionId
    """Derived from collector, stream, detector, phase and `observed`: equal in every replay."""
    collector: CollectorId
    device: DeviceId
    stream: StreamId
    """The stream or camera it was computed from."""
    detector: str
    """The instance's name in the configuration, unique per stream."""
    version: str
    """Version of the detector's code and hash of its parameters: `smoke/1+a1b2c3d4`."""
    kind: Kind
    phase: Phase
    observed: datetime
    """Event time at which the detector was convinced; lies inside the evidence."""
    score: float
    """0 to 1: how sure; pooled, not of one picture."""
    reason: str
    """One English sentence with figures: `3.62 m over the limit 3.50 m for 120 s`."""
    reason_code: str
    """Stable name of the sentence (`threshold.above`), with `figures` for other languages."""
    figures: tuple[tuple[str, float], ...] = ()
    evidence: Evidence
    severity: float = 0.5
    """0 to 1: how bad; policies map it to a grade together with the kind."""
    mono_us: int | None = None
    """The box's monotonic clock at `observed`; None for detectors at the centre."""
