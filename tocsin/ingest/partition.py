"""The detectors of one partition and what they have seen; restored by replay, never guessed.

`show` orders a flush by corrected time, flags what is older than its stream's newest and feeds the
rest. The same flushes in the same order give the same detections, whether live or replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import msgspec

from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality, Reading
from tocsin.ingest.ports import DetectorState, StreamBank

_OUT_OF_ORDER = int(Quality.OUT_OF_ORDER)
_ORDER = attrgetter("at_us", "stream", "observed_us")


class _Saved(msgspec.Struct):
    bank: bytes
    newest: dict[StreamId, int]


class DetectorFailed(Exception):
    """A detector raised: a defect in it, never in what it was shown.

    The cause is chained. The flush it happened in rolls back.
    """

    def __init__(self, partition: int, cause: Exception) -> None:
        super().__init__(f"a detector of partition {partition} raised {cause!r}")
        self.partition = partition


@dataclass(frozen=True, slots=True)
class Ordered:
    """Readings of one partition and flush, in order of corrected time."""

    readings: list[Reading]
    """All of them; late ones flagged `OUT_OF_ORDER`."""
    shown: list[Reading]
    """Those that detectors see."""
    latest: dict[StreamId, Reading]
    """The newest of each stream that moved forward."""


class PartitionState:
    """One partition's bank with the newest instant of every stream."""

    def __init__(self, partition: int, make: Callable[[int], StreamBank], configuration: str) -> None:
        self.partition = partition
        self._configuration = configuration
        self._bank = make(partition)
        self._newest: dict[StreamId, int] = {}
        self.saved_at: datetime | None = None
        """The `at` of the newest snapshot; None makes the next flush write one."""
        """The `at` of the last flush that was shown."""

    def order(self, readings: list[Reading]) -> Ordered:
        """Sort readings in place and flag those older than their stream's newest.

        Two of the same instant are both in order: a box without a clock gives all of a flush one.
        """
        readings.sort(key=_ORDER)
        newest = self._newest
        latest: dict[StreamId, Reading] = {}
        late = False
        for index, reading in enumerate(readings):
            stream, at = reading.stream, reading.at_us
            if at >= newest.get(stream, at):
                newest[stream] = at
                latest[stream] = reading
            else:
                late = True
                readings[index] = msgspec.structs.replace(reading, quality=reading.quality | _OUT_OF_ORDER)
        shown = [reading for reading in readings if not reading.quality & _OUT_OF_ORDER] if late else readings
        return Ordered(readings, shown, latest)

    def show(self, shown: Sequence[Reading], at: datetime, said: Sequence[Detection] = ()) -> list[Detection]:
        """Feed what boxes said and ordered readings, then let time pass to the flush's instant.

        Raises `DetectorFailed`; the state is worth nothing then.
        """
        try:
            found = self._bank.hear(said) if said else []
            if shown:
                found += self._bank.observe(shown)
            found += self._bank.tick(at)
        except Exception as error:  # a detector is plugged in: whatever it raises must not stop custody
            raise DetectorFailed(self.partition, error) from error
        return found

    def replay(
        self, at: datetime, readings: Sequence[Reading], said: Sequence[Detection] = ()
    ) -> list[Detection]:
        """Show one stored flush again; what it says was committed with it. Raises `DetectorFailed`."""
        shown = sorted((reading for reading in readings if not reading.quality & _OUT_OF_ORDER), key=_ORDER)
        for reading in shown:
            self._newest[reading.stream] = reading.at_us
        return self.show(shown, at, said)

    def snapshot(self, at: datetime) -> DetectorState:
        """Give the state as it is after the flush of `at`, which must be the last shown."""
        saved = _Saved(self._bank.snapshot(), self._newest)
        self.saved_at = at
        return DetectorState(self.partition, at, self._configuration, msgspec.msgpack.encode(saved))

    def restore(self, state: DetectorState) -> str | None:
        """Take a snapshot over.

        Returns None, or the reason why the detectors begin anew: another configuration, or a state
        that cannot be read. The newest instants are kept in any case.
        """
        try:
            saved = msgspec.msgpack.decode(state.state, type=_Saved)
        except msgspec.MsgspecError as error:
            return f"the snapshot cannot be read: {error}"
        self._newest = saved.newest
        if state.configuration != self._configuration:
            return "the configuration of the detectors has changed"
        try:
            self._bank.restore(saved.bank)
        except Rejected as error:
            return error.reason
        self.saved_at = state.at
        return None
