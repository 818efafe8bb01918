"""Names of things, each its own type, so that a person is never passed where a grid is meant.

Identifiers are text. Collectors, devices and streams nest by `/`: collector `weir`, device
`weir/gauge-1`, stream `weir/gauge-1/level`. Random ones are UUIDs of version 4 in text form.
"""

from __future__ import annotations

import re
import uuid
from typing import Final, NewType

from tocsin.core.errors import Rejected

CollectorId = NewType("CollectorId", str)
DeviceId = NewType("DeviceId", str)
StreamId = NewType("StreamId", str)
GridCode = NewType("GridCode", str)
PersonId = NewType("PersonId", str)
IncidentId = NewType("IncidentId", str)
AlarmId = NewType("AlarmId", str)
DetectionId = NewType("DetectionId", str)
NoticeId = NewType("NoticeId", str)
ReportId = NewType("ReportId", str)
OrganisationCode = NewType("OrganisationCode", str)
PolicyId = NewType("PolicyId", str)
PictureHash = NewType("PictureHash", str)
"""SHA-256 of the exact bytes of a picture, 64 lower-case hexadecimal digits."""

SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""One segment of a collector, device or stream name: safe in a topic, a URL and a file name."""

_NAMESPACE: Final = uuid.UUID("6f2b6f6e-7a53-5d0f-9d43-7c6f6373696e")


def new_id() -> str:
    """Make a random identifier; only shells call it, pure code is given its ids."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """Make the same identifier for the same parts, on every machine and in every replay."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def collector_id(text: str) -> CollectorId:
    """Check a collector's name.

    Raises `Rejected` (`collector.name`) unless it is one segment.
    """
    if SEGMENT.fullmatch(text) is None:
        raise Rejected(
            "collector.name",
            f"collector name {text[:80]!r} is not allowed: use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit",
        )
    return CollectorId(text)


def stream_id(collector: CollectorId, name: str) -> StreamId:
    """Join a collector and a SenML name of 1 to 4 segments (`gauge-1/level`) to a stream.

    Raises `Rejected` (`stream.name`) when a segment is empty, too long or has other characters.
    """
    parts = name.split("/")
    if len(parts) > 4 or not all(SEGMENT.fullmatch(part) for part in parts):
        raise Rejected(
            "stream.name",
            f"stream name {name[:80]!r} is not allowed: use 1 to 4 segments of A-Z a-z 0-9 . _ - separated by /",
        )
    return StreamId(f"{collector}/{name}")


def device_of(stream: StreamId) -> DeviceId:
    """Give the device of a stream: its first two segments (`weir/gauge-1`)."""
    return DeviceId("/".join(stream.split("/", 2)[:2]))


def collector_of(stream: StreamId | DeviceId) -> CollectorId:
    """Give the collector of a stream or device: its first segment."""
    return CollectorId(stream.split("/", 1)[0])
