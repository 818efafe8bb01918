from tests.support.field import GRID, collector
from tests.support.ingest import NOON, deliver, envelope, level
from tocsin.core.clock import ManualClock
from tocsin.core.wire import Lane
from tocsin.ingest.decode import Decoder, Message, Refused
from tocsin.ingest.ledger import LedgerBook
from tocsin.ingest.ports import LedgerKey
from tocsin.store.memory.field import FieldState, MemoryFlush


def message(seq: int, lane: Lane = Lane.DATA) -> Message:
    entry = collector()
    assert entry.grid == GRID
    decoded = Decoder({entry.id: entry}).decode(
        deliver(envelope(seq, [level()] if lane is Lane.DATA else [], lane=lane))
    )
    assert isinstance(decoded, Message)
    return decoded


def flush(state: FieldState | None = None) -> MemoryFlush:
    return MemoryFlush(state or FieldState(), [3], ManualClock(NOON).now())


async def test_new_and_duplicate_are_told_apart_and_both_are_answered():
    done = await LedgerBook().commit(flush(), [message(1), message(1), message(2)], [], forced=False)
    assert ([one.message.envelope.seq for one in done.accepted], done.duplicates) == ([1, 2], 1)
    assert done.lanes == {"weir": {Lane.DATA}}
    [entry] = done.entries["weir"].values()
    assert entry.committed == ((1, 2),)


async def test_a_spoilt_envelope_is_committed_once_with_its_quarantine():
    spoilt = Refused(deliver(envelope(1)), "stream.name", "…", collector(), envelope(1))
    done = await LedgerBook().commit(flush(), [], [spoilt, spoilt], forced=False)
    assert (len(done.refused), done.duplicates) == (1, 1)
    assert done.entries["weir"][LedgerKey("weir", 7, Lane.DATA)].committed == ((1, 1),)


async def test_forced_is_stored_although_it_is_known():
    known = FieldState()
    first = flush(known)
    await LedgerBook().commit(first, [message(1)], [], forced=False)
    first.apply({"weir": collector()})
    assert len((await LedgerBook().commit(flush(known), [message(1)], [], forced=True)).accepted) == 1


async def test_an_epoch_met_for_the_first_time_brings_all_its_lanes(monkeypatch):
    asked: list[int] = []
    original = MemoryFlush.ledger

    async def ledger(self, keys):
        asked.append(len(keys))
        return await original(self, keys)

    monkeypatch.setattr(MemoryFlush, "ledger", ledger)
    book = LedgerBook()
    await book.commit(flush(), [message(1)], [], forced=False)
    await book.commit(flush(), [message(2)], [], forced=False)
    assert asked == [4, 1]
