"""The detectors of one partition and what they have seen; restored by replay, never guessed.

`show` orders a flush by corrected time, flags what is older than its stream's newest and feeds the
rest. The same flushes in the same order give the same detections, whether live or replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import msgspec

from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality, Reading
from tocsin.ingest.ports import DetectorState
from tocsin.ingest.rules import Rules, RulesBook

_OUT_OF_ORDER = int(Quality.OUT_OF_ORDER)
_ORDER = attrgetter("at_us", "stream", "observed_us")


class _Saved(msgspec.Struct):
    bank: bytes
    newest: dict[StreamId, int]
    rules: bytes = b""


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

    def __init__(self, partition: int, rules: Rules) -> None:
        self.partition = partition
        self.rules = rules
        """What its detectors run; see `change`."""
        self._bank = rules.bank(partition)
        self._newest: dict[StreamId, int] = {}
        self._ended: list[Detection] = []
        self.saved_at: datetime | None = None
        """The `at` of the newest snapshot; None makes the next flush write one."""

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

        The first flush after a change of rules gives the ends of what no rule watches any more. Raises `DetectorFailed`; the state is worth nothing then.
        """
        ended, self._ended = self._ended, []
        try:
            found = [*ended, *(self._bank.hear(said) if said else ())]
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

    def change(self, rules: Rules) -> None:
        """Run another configuration from the next flush on: rules that did not change go on as they were.

        Raises `Rejected` (`detectors.state`) when the new detectors cannot read the old ones; nothing has changed then.
        """
        bank = rules.bank(self.partition)
        self._ended += bank.restore(self._bank.snapshot())
        self._bank, self.rules = bank, rules
        self.saved_at = None

    def snapshot(self, at: datetime) -> DetectorState:
        """Give the state as it is after the flush of `at`, which must be the last shown."""
        saved = _Saved(self._bank.snapshot(), self._newest, self.rules.data)
        self.saved_at = at
        return DetectorState(self.partition, at, self.rules.digest, msgspec.msgpack.encode(saved))

    @classmethod
    def restored(cls, state: DetectorState, book: RulesBook) -> tuple[PartitionState, str]:
        """Take a snapshot over, under the configuration that made it: `change` comes after the replay.

        Gives with it the reason when the detectors begin anew, for a state that cannot be read; the
        newest instants are kept if they can.
        """
        try:
            saved = msgspec.msgpack.decode(state.state, type=_Saved)
        except msgspec.MsgspecError as error:
            return cls(state.partition, book.current), f"the snapshot cannot be read: {error}"
        try:
            same = state.configuration == book.current.digest
            made = cls(state.partition, book.current if same else book.again(saved.rules))
            made._ended += made._bank.restore(saved.bank)
        except Rejected as error:
            made = cls(state.partition, book.current)
            made._newest = saved.newest
            return made, error.reason
        made._newest = saved.newest
        made.saved_at = state.at
        return made, ""
