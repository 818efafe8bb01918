"""What adapters of cameras and sensors give to the box, and what the box needs of its detectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.core.ids import DeviceId
from tocsin.core.readings import Reading


@dataclass(frozen=True, slots=True)
class Shot:
    """One whole picture as an adapter gives it: masked, encoded, never to be changed again."""

    camera: DeviceId
    jpeg: bytes
    observed_us: int
    mono_us: int


class Intake(Protocol):
    """Takes what adapters read; waits when the box is behind, which slows the adapter down."""

    async def readings(self, readings: Sequence[Reading]) -> None:
        """Take readings, in order per stream."""
        ...

    async def picture(self, camera: DeviceId, jpeg: bytes) -> None:
        """Take one picture; masks are burnt in already."""
        ...

    async def burst(self, camera: DeviceId, jpeg: bytes, since_us: int) -> None:
        """Take one picture of a burst that was asked for; `since_us` counts from its first one."""
        del camera, jpeg, since_us

    async def burst_over(self, camera: DeviceId, complaint: str = "") -> None:
        """Take the end of a burst; `complaint` says why it is worth nothing."""
        del camera, complaint

    def fault(self, device: DeviceId, sentence: str) -> None:
        """Note what is wrong with a device, until its next reading or picture."""
        ...

    def damaged(self, camera: DeviceId, reason: str) -> None:
        """Count a picture that cannot be used: `truncated`, `undecodable`, `too_large`."""
        ...


MessageHandler = Callable[[str, bytes], None]
"""Topic and payload of one message of the local broker; must not block."""


class LocalBus(Protocol):
    """The local broker as adapters see it."""

    def subscribe(self, topic_filter: str, handler: MessageHandler) -> None:
        """Hand over every message of a topic filter, from now on and after every reconnect."""
        ...

    def unsubscribe(self, handler: MessageHandler) -> None:
        """Hand over no more; an unknown handler is no error."""
        ...


class Adapter(Protocol):
    """Reads one camera or sensor until it is cancelled or its source has ended."""

    async def run(self, intake: Intake) -> None:
        """Read; return at the regular end of a source, raise `Transient` to be started again.

        Raises `Rejected` for what only a person can cure; it is tried again all the same, slowly.
        """
        ...

    def burst_fault(self) -> str:
        """Say why it can give no burst of pictures; empty when it can try."""
        return "it gives pictures at its own pace only"

    def ask_burst(self, seconds: float) -> bool:
        """Order a burst, which comes through `Intake.burst` until `Intake.burst_over`; False when it cannot now."""
        del seconds
        return False
