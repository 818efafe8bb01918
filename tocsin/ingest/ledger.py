"""Which messages of a flush are new: the ledger read, advanced and written within its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId
from tocsin.core.wire import Envelope, Lane
from tocsin.ingest import sequence
from tocsin.ingest.decode import Message, Refused
from tocsin.ingest.ports import Flush, LedgerEntry, LedgerKey

EPOCHS_MET_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is to be stored."""

    message: Message
    step: sequence.Step


@dataclass(slots=True)
class Sorted:
    """What the ledger said of a flush's messages."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    """Messages to put into quarantine."""
    duplicates: int = 0
    entries: dict[CollectorId, dict[LedgerKey, LedgerEntry]] = field(default_factory=dict)
    """The ledger of every collector that was heard, for its receipt."""
    lanes: dict[CollectorId, set[Lane]] = field(default_factory=dict)


class LedgerBook:
    """Advance the ledger; remembers only which epochs it has met."""

    def __init__(self) -> None:
        self._met: set[tuple[CollectorId, int]] = set()

    async def commit(
        self, flush: Flush, messages: Sequence[Message], refused: Sequence[Refused], *, forced: bool
    ) -> Sorted:
        """Sort messages into new, duplicate and refused, and write the ledger.

        With `forced` what the ledger has is stored all the same.
        """
        done = Sorted()
        envelopes = [message.envelope for message in messages]
        envelopes += [item.envelope for item in refused if item.envelope is not None]
        known = dict(await flush.ledger(self._keys(envelopes))) if envelopes else {}
        changed: dict[LedgerKey, LedgerEntry] = {}
        for message in messages:
            try:
                step = _advance(message.envelope, known, changed, done)
            except Rejected as error:
                done.refused.append(Refused(message.delivery, error.code, error.reason, message.entry))
                continue
            if forced:
                step = sequence.Step(step.entry, fresh=True, stones=step.stones)
            if step.duplicate:
                done.duplicates += 1
            else:
                done.accepted.append(Accepted(message if step.fresh else _emptied(message), step))
        for item in refused:
            new = item.envelope is None or not _advance(item.envelope, known, changed, done).duplicate
            if new or forced:
                done.refused.append(item)
            else:
                done.duplicates += 1
        if changed:
            await flush.save_ledger(changed)
        for key, entry in known.items():
            if entry.committed:
                done.entries.setdefault(key.collector, {})[key] = entry
        return done

    def _keys(self, envelopes: Sequence[Envelope]) -> list[LedgerKey]:
        """Name the sequences to lock: those that occur, and all lanes of an epoch met for the first time."""
        keys = {LedgerKey(envelope.collector, envelope.epoch, envelope.lane) for envelope in envelopes}
        strangers = [e for e in envelopes if (e.collector, e.epoch) not in self._met]
        if strangers:
            keys.update(sequence.lanes_of(strangers))
            if len(self._met) > EPOCHS_MET_MAX:
                self._met.clear()
            self._met.update((e.collector, e.epoch) for e in strangers)
        return sorted(keys, key=lambda key: (key.collector, key.epoch, key.lane))


def _emptied(message: Message) -> Message:
    """Leave out the items, which were stored before: only the tombstones of this one are new."""
    return replace(message, records=(), alarms=(), chunks=(), heartbeats=())


def _advance(
    envelope: Envelope,
    known: dict[LedgerKey, LedgerEntry],
    changed: dict[LedgerKey, LedgerEntry],
    done: Sorted,
) -> sequence.Step:
    key = LedgerKey(envelope.collector, envelope.epoch, envelope.lane)
    step = sequence.advance(known.get(key, LedgerEntry()), envelope)
    done.lanes.setdefault(envelope.collector, set()).add(envelope.lane)
    if not step.duplicate:
        known[key] = changed[key] = step.entry
    return step
