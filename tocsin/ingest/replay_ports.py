"""What a replay reads of the record: flushes with their readings, and kept pictures.

Reads only, in bounded pieces; nothing here is as fast as the path of a live flush, or need be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.core.ids import CollectorId, DeviceId, GridCode, PictureHash
from tocsin.core.readings import Reading


@dataclass(frozen=True, slots=True)
class FlushMark:
    """One flush that is still in the log."""

    at: datetime
    session: int
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What came in a span of receipt."""

    readings: Mapping[int, Mapping[datetime, Sequence[Reading]]]
    """By partition and flush, in the order in which they came."""
    marks: Sequence[FlushMark]
    """In order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRecord:
    """How much of one camera is there."""

    camera: DeviceId
    announced: int
    """Pictures whose name came."""
    kept: int
    """Pictures whose bytes are here."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """One picture whose bytes are here."""

    observed: datetime
    sha256: PictureHash


class ReplayStore(Protocol):
    """The record as a replay sees it."""

    async def partitions(self, scope: str) -> Mapping[int, Sequence[CollectorId]]:
        """Name the partitions of a subtree's collectors, and these."""
        ...

    async def homes(self, scope: str) -> Mapping[CollectorId, GridCode]:
        """Say where collectors stand."""
        ...

    async def kept_since(self) -> datetime | None:
        """Give the receipt of the oldest reading that is still kept; None without any."""
        ...

    async def whole_since(self) -> datetime:
        """Give the instant since which the log of flushes has every tick; before it is thinned to one a minute."""
        ...

    async def piece(self, scope: str, since: datetime, until: datetime, most: int) -> Piece | None:
        """Read what was received in [since, until); None when that is more than `most` readings."""
        ...

    async def cameras(self, scope: str, since: datetime, until: datetime) -> Sequence[CameraRecord]:
        """List the cameras of a subtree with pictures observed in [since, until), by name."""
        ...

    async def pictures(
        self, camera: DeviceId, since: datetime, until: datetime, after: KeptPicture | None, most: int
    ) -> Sequence[KeptPicture]:
        """List a camera's kept pictures observed in [since, until) in order, beginning behind one."""
        ...
