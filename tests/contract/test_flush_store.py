"""What every `FlushStore` promises, in memory and in PostgreSQL (and TimescaleDB by TOCSIN_TEST_DSN)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.field import chunks, collector, delivery, detection, key, reading, settle
from tocsin.core.clock import MICROSECOND, SystemClock
from tocsin.core.detections import Phase
from tocsin.core.errors import LeaseLost
from tocsin.core.ids import CollectorId
from tocsin.core.wire import DeviceHealth, Heartbeat, Lane, LinkState, Tombstone
from tocsin.ingest.ports import DetectorState, FlushStore, Lease, LedgerEntry
from tocsin.store.field import PgFlushStore
from tocsin.store.memory.field import MemoryFlushStore

KNOWN = (collector("weir", 3), collector("hall", 5))


@dataclass
class Subject:
    store: FlushStore
    now: datetime


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        clock = SystemClock()
        yield Subject(MemoryFlushStore(clock, KNOWN), clock.now())
        return
    server: Server = request.getfixturevalue("database_server")
    async with server.fresh() as database:
        await settle(database, *KNOWN)
        [(now,)] = await database.execute("select tocsin_clock()")
        yield Subject(PgFlushStore(database.pool), now)


@pytest.fixture
async def lease(subject: Subject) -> Lease:
    lease = await subject.store.acquire(0, "worker-1", 30)
    assert lease is not None
    return lease


async def test_all_collectors_are_known(subject: Subject) -> None:
    assert dict(await subject.store.collectors()) == {entry.id: entry for entry in KNOWN}


async def test_a_held_lease_is_refused_to_another_and_renewed_for_its_holder(
    subject: Subject, lease: Lease
) -> None:
    assert await subject.store.acquire(0, "worker-2", 30) is None
    assert await subject.store.acquire(0, "worker-1", 30) == lease


async def test_taking_an_expired_lease_raises_the_term_and_shuts_the_former_holder_out(
    subject: Subject, lease: Lease
) -> None:
    await subject.store.acquire(0, "worker-1", 0)
    taken = await subject.store.acquire(0, "worker-2", 30)
    assert taken == Lease(0, "worker-2", lease.term + 1)
    with pytest.raises(LeaseLost):
        async with subject.store.flush(lease, [3]):
            pytest.fail("a flush without a lease was opened")


async def test_a_released_lease_is_free_at_once_and_useless(subject: Subject, lease: Lease) -> None:
    await subject.store.release(lease)
    with pytest.raises(LeaseLost):
        async with subject.store.flush(lease, [3]):
            pytest.fail("a flush without a lease was opened")
    taken = await subject.store.acquire(0, "worker-2", 30)
    assert taken is not None
    assert taken.term > lease.term


async def test_a_holder_that_comes_back_cannot_use_its_old_term(subject: Subject, lease: Lease) -> None:
    await subject.store.release(lease)
    other = await subject.store.acquire(0, "worker-2", 30)
    assert other is not None
    await subject.store.release(other)
    again = await subject.store.acquire(0, lease.holder, 30)
    assert again is not None
    with pytest.raises(LeaseLost):
        async with subject.store.flush(lease, [3]):
            pytest.fail("a flush under an old term was opened")
    async with subject.store.flush(again, [3]):
        pass


async def test_sessions_are_leased_apart(subject: Subject, lease: Lease) -> None:
    other = await subject.store.acquire(1, "worker-2", 30)
    assert other == Lease(1, "worker-2", 1)


async def test_instants_of_flushes_rise(subject: Subject, lease: Lease) -> None:
    instants = []
    for _ in range(5):
        async with subject.store.flush(lease, [3]) as flush:
            instants.append(flush.at)
    assert instants == sorted(set(instants))
    assert abs(instants[0] - subject.now) < timedelta(seconds=60)


async def test_a_ledger_entry_comes_back_as_it_was_saved(subject: Subject, lease: Lease) -> None:
    entry = LedgerEntry(((1, 40), (42, 42), (50, 2**61)), ((42, 42),))
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.ledger([key()]) == {key(): LedgerEntry()}
        await flush.save_ledger({key(): entry, key(Lane.ALARM): LedgerEntry()})
    async with subject.store.flush(lease, [3]) as flush:
        keys = [key(), key(Lane.ALARM), key(epoch=2**63 - 1)]
        assert await flush.ledger(keys) == {keys[0]: entry, keys[1]: LedgerEntry(), keys[2]: LedgerEntry()}
        assert await flush.ledger([]) == {}
        await flush.save_ledger({})


async def test_an_exception_leaves_nothing_behind(subject: Subject, lease: Lease) -> None:
    class Planned(Exception):
        pass

    with pytest.raises(Planned):  # noqa: PT012  what was done before is what must vanish
        async with subject.store.flush(lease, [3]) as flush:
            await flush.save_ledger({key(): LedgerEntry(((1, 1),))})
            await flush.store_readings([reading(flush.at, received=flush.at)])
            await flush.store_latest([reading(flush.at, received=flush.at)])
            await flush.store_detections([detection()])
            raise Planned
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.ledger([key()]) == {key(): LedgerEntry()}
        assert len(await flush.store_detections([detection()])) == 1
        await flush.store_readings([reading(flush.at, received=flush.at)])
    flushes = await subject.store.replay(3, subject.now - timedelta(hours=1), 10)
    assert [len(one.readings) for one in flushes] == [1]


async def test_replay_gives_the_flushes_of_a_partition_in_order_ticks_included(
    subject: Subject, lease: Lease
) -> None:
    stored = []
    async with subject.store.flush(lease, [3, 5]) as flush:
        first = flush.at
        await flush.store_readings([reading(flush.at, 0.0, received=flush.at)])
    for count in (3, 0, 2):
        async with subject.store.flush(lease, [3, 5]) as flush:
            mine = [
                reading(flush.at - timedelta(seconds=(5 * n) % 3), float(n), received=flush.at, quality=n % 4)
                for n in range(count)
            ]
            other = [reading(flush.at, received=flush.at, stream="hall/t-1/temperature", unit="Cel")]
            await flush.store_readings(mine[:1] + other)
            await flush.store_readings(mine[1:])
            stored.append((flush.at, mine))
    async with subject.store.flush(lease, [5]):
        pass
    replayed = await subject.store.replay(3, first, 10)
    assert [(one.at, list(one.readings)) for one in replayed] == stored
    assert len(await subject.store.replay(3, first, 2)) == 2
    assert await subject.store.replay(3, stored[-1][0], 10) == []
    assert await subject.store.replay(4, first - MICROSECOND, 10) == []


async def test_replay_gives_what_was_said_once_by_instant(subject: Subject, lease: Lease) -> None:
    raised, cleared = detection(), detection(phase=Phase.CLEAR)
    async with subject.store.flush(lease, [3]) as flush:
        await flush.store_detections([cleared, raised])
    async with subject.store.flush(lease, [3]) as flush:
        await flush.store_detections([raised])
    first, second = await subject.store.replay(3, subject.now - timedelta(hours=1), 10)
    in_order = sorted([raised.detection, cleared.detection], key=lambda said: (said.observed, said.id))
    assert list(first.said) == in_order
    assert list(second.said) == []


async def test_text_no_number_and_old_readings_come_back_as_they_were(subject: Subject, lease: Lease) -> None:
    async with subject.store.flush(lease, [3]) as flush:
        given = [
            reading(flush.at, None, received=flush.at, text="开", unit=""),
            reading(flush.at, None, received=flush.at, quality=16),
            reading(flush.at, 0.1, received=flush.at, text="both"),
            reading(flush.at - timedelta(days=60), -1e308, received=flush.at),
            reading(flush.at + timedelta(minutes=10), 5e-324, received=flush.at),
        ]
        await flush.store_readings(given)
        await flush.store_readings([])
    [flush_] = await subject.store.replay(3, subject.now - timedelta(hours=1), 10)
    assert list(flush_.readings) == given


async def test_a_detection_is_new_once(subject: Subject, lease: Lease) -> None:
    raised, cleared = detection(), detection(phase=Phase.CLEAR)
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_detections([raised, cleared, raised]) == [raised, cleared]
        assert await flush.store_detections([]) == []
        assert await flush.store_detections([raised]) == []
    async with subject.store.flush(lease, [3]) as flush:
        other = detection(stream="weir/gauge-2/level")
        assert await flush.store_detections([raised, other]) == [other]


async def test_a_picture_is_complete_once_whatever_the_order_of_its_chunks(
    subject: Subject, lease: Lease
) -> None:
    data = bytes(range(256)) * 40
    pieces = chunks(data, 1000)
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(pieces[:0:-1]) == []
        assert await flush.store_chunks(pieces[3:4]) == []
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(pieces[:1]) == [pieces[0][1].sha256]
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(pieces) == []


async def test_a_picture_that_comes_again_in_other_pieces_becomes_complete(
    subject: Subject, lease: Lease
) -> None:
    data = bytes(range(256)) * 40
    interrupted, again = chunks(data, 1000), chunks(data, 3000)
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(interrupted[:7]) == []
    async with subject.store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(again) == [again[0][1].sha256]


async def test_a_snapshot_of_the_detectors_comes_back_newest_only(subject: Subject, lease: Lease) -> None:
    assert await subject.store.detectors(3) is None
    for state in (b"\x00old", b"\x00new"):
        async with subject.store.flush(lease, [3]) as flush:
            saved = DetectorState(3, flush.at, "abc", state)
            await flush.save_detectors(saved)
    assert await subject.store.detectors(3) == saved
    assert await subject.store.detectors(4) is None


async def test_health_link_losses_and_quarantine_are_taken(subject: Subject, lease: Lease) -> None:
    beat = Heartbeat(
        uptime_seconds=5,
        outbox_depth=3,
        outbox_bytes=900,
        devices=[
            DeviceHealth("weir/cam-1", "camera", last_us=2**62),
            DeviceHealth("weir/gauge-1", "sensor", last_us=1),
        ],
    )
    weir = CollectorId("weir")
    async with subject.store.flush(lease, [3]) as flush:
        await flush.store_heartbeats([(weir, flush.at, beat), (weir, flush.at - timedelta(hours=1), beat)])
        await flush.store_link(weir, LinkState.ONLINE)
        await flush.count_lost(weir, Lane.MEDIA, [Tombstone(1, 5, "full", 5)])
        await flush.quarantine(delivery(), "envelope.form", "not an envelope\0", "trace \ud800")
        await flush.quarantine(delivery("other/topic", b""), "topic.form", "no topic of ours", "")
