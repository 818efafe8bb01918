import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.support.field import collector
from tests.support.ingest import NOON, Site, alarm, deliver, envelope, level, lost
from tocsin.core.clock import to_us
from tocsin.core.errors import Transient
from tocsin.core.readings import Quality
from tocsin.core.wire import AlarmItem, Heartbeat, Lane, LinkState
from tocsin.ingest.ports import Delivery, LedgerKey, Token
from tocsin.ingest.rules import RulesBook
from tocsin.store.memory.field import MemoryFlush


@pytest.fixture
def site() -> Site:
    return Site()


def data(seq: int, value: float | None = None, **other):
    return envelope(seq, [level(float(seq) if value is None else value, seconds=seq / 1000)], **other)


async def test_a_reading_is_stored_acknowledged_and_told(site):
    async def play() -> None:
        site.transport.push(data(1))
        await site.transport.until(lambda: bool(site.transport.receipts()))

    await site.run(play)
    assert site.stored() == [1.0]
    assert site.transport.acknowledged == [Token(1, 1)]
    [lane] = site.transport.receipts()[-1].lanes
    assert (lane.lane, lane.upto, lane.gaps) == (Lane.DATA, 1, [])
    assert site.transport.published[-1][2] is True


async def test_nothing_is_acknowledged_before_the_commit(site, monkeypatch):
    acknowledged: list[int] = []
    original = MemoryFlush.apply

    def apply(self, collectors) -> None:
        acknowledged.append(len(site.transport.acknowledged))
        original(self, collectors)

    monkeypatch.setattr(MemoryFlush, "apply", apply)
    await site.takes(data(1))
    assert set(acknowledged[:1]) == {0}


async def test_duplicates_are_stored_once_and_told_again(site):
    await site.takes(data(1), data(2))
    told = len(site.transport.receipts())
    await site.takes(data(2), data(1))
    assert sorted(site.stored()) == [1.0, 2.0]
    assert len(site.transport.receipts()) > told
    assert len(site.transport.acknowledged) == 4


async def test_twice_in_one_flush_is_once(site):
    await site.takes(data(1), data(1))
    assert site.stored() == [1.0]


async def test_reordered_batches_leave_no_gap(site):
    await site.takes(*(data(seq) for seq in (3, 1, 5, 2, 4)))
    entry = site.state.ledger[LedgerKey("weir", 7, Lane.DATA)]
    assert entry.committed == ((1, 5),)
    assert sorted(site.stored()) == [1.0, 2.0, 3.0, 4.0, 5.0]


async def test_a_gap_is_told(site):
    await site.takes(data(1), data(4))
    [lane] = site.transport.receipts()[-1].lanes
    assert (lane.upto, lane.beyond, lane.gaps) == (1, [(4, 4)], [(2, 3)])


async def test_a_tombstone_closes_a_gap_as_lost(site):
    await site.takes(data(1), envelope(2, lost=lost(2, 3, 90)), data(4))
    entry = site.state.ledger[LedgerKey("weir", 7, Lane.DATA)]
    assert (entry.committed, entry.lost) == (((1, 4),), ((2, 3),))
    assert [stone.count for _, _, stone in site.state.lost] == [90]


async def test_a_tombstone_whose_first_number_is_committed_loses_only_the_rest(site):
    await site.takes(data(1), data(2), envelope(2, lost=lost(2, 4, 90)), envelope(2, lost=lost(2, 4, 90)))
    entry = site.state.ledger[LedgerKey("weir", 7, Lane.DATA)]
    assert (entry.committed, entry.lost) == (((1, 4),), ((3, 4),))
    [(_, _, stone)] = site.state.lost
    assert (stone.first, stone.last, stone.count) == (3, 4, 60)
    assert sorted(site.stored()) == [1.0, 2.0]


async def test_tombstones_of_a_duplicate_count_and_its_items_do_not(site):
    await site.takes(data(1), data(1, lost=lost(2, 3, 90)), data(4))
    entry = site.state.ledger[LedgerKey("weir", 7, Lane.DATA)]
    assert (entry.committed, entry.lost) == (((1, 4),), ((2, 3),))
    assert [stone.count for _, _, stone in site.state.lost] == [90]
    assert sorted(site.stored()) == [1.0, 4.0]


async def test_an_unknown_collector_waits_in_quarantine_and_can_be_driven_again(site):
    stranger = data(1, collector="mill")
    await site.takes(deliver(stranger))
    [held] = site.state.quarantined
    assert held.code == "collector.unknown"
    assert site.state.readings == []
    site.store.known["mill"] = collector("mill", 3)
    service = site.service("drive")
    assert await service.retry([held]) == 1
    assert site.stored() == [1.0]
    assert await service.retry([held]) == 0, "the ledger knows it now"
    assert site.stored() == [1.0]


async def test_a_retry_that_dies_before_its_commit_leaves_the_message_held(site, monkeypatch):
    await site.takes(deliver(data(1, collector="mill")))
    [held] = site.state.quarantined
    site.store.known["mill"] = collector("mill", 3)
    original = MemoryFlush.store_readings

    async def dies(self: MemoryFlush, readings) -> None:
        await original(self, readings)
        raise asyncio.CancelledError

    monkeypatch.setattr(MemoryFlush, "store_readings", dies)
    with pytest.raises(asyncio.CancelledError):
        await site.service("drive").retry([held])
    assert (site.stored(), site.state.quarantined) == ([], [held])
    monkeypatch.setattr(MemoryFlush, "store_readings", original)
    assert await site.service("again").retry([held]) == 1
    assert (site.stored(), [one.state for one in site.state.quarantined]) == ([1.0], ["retried"])


async def test_an_unknown_collector_that_repeats_itself_fills_no_table(site):
    stranger = deliver(data(1, collector="mill"))

    async def play() -> None:
        for _ in range(3):
            before = len(site.transport.acknowledged)
            site.transport.push(stranger)
            await site.transport.until(lambda before=before: len(site.transport.acknowledged) > before)

    await site.run(play)
    assert len(site.state.quarantined) == 1


async def test_a_collector_made_known_is_taken_in_without_a_restart(site):
    async def play() -> None:
        site.transport.push(deliver(data(1, collector="mill")))
        await site.transport.until(lambda: len(site.transport.acknowledged) == 1)
        site.store.known["mill"] = collector("mill", 3)
        site.clock.advance(timedelta(seconds=1))
        site.transport.push(deliver(data(2, collector="mill")))
        await site.transport.until(lambda: len(site.transport.acknowledged) == 2)

    await site.run(play)
    assert site.stored() == [2.0]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "envelope.form"),
        (b"\xff" * 40, "envelope.form"),
        (b"x" * 20_000_000, "envelope.too_large"),
        (b"\xa4\xff\xfe\xfd\xfc", "envelope.form"),
    ],
)
async def test_rubbish_harms_nobody(site, payload, code):
    rubbish = Delivery(Token(1, 1), "tocsin/v1/03/weir/data", payload, 1, retained=False, received=0.0)
    await site.takes(data(1), rubbish, data(2))
    assert site.stored() == [1.0, 2.0]
    assert [held.code for held in site.state.quarantined] == [code]


async def test_an_envelope_cut_anywhere_harms_nobody(site):
    whole = deliver(data(1)).payload
    cut = [
        Delivery(Token(1, 1), "tocsin/v1/03/weir/data", whole[:length], 1, retained=False, received=0.0)
        for length in range(len(whole))
    ]
    await site.takes(*cut, data(1))
    assert site.stored() == [1.0]


async def test_wrong_items_are_quarantined_and_committed_so_that_the_box_stops_sending(site):
    bad = envelope(1, [level(1.0, name="no spaces allowed")])
    await site.takes(bad, data(2))
    assert site.stored() == [2.0]
    assert site.state.ledger[LedgerKey("weir", 7, Lane.DATA)].committed == ((1, 2),)
    assert [held.code for held in site.state.quarantined] == ["stream.name"]


@pytest.mark.parametrize("year", [2000, 2099])
async def test_a_clock_that_is_decades_off_neither_crashes_nor_loses(site, year):
    there = to_us(NOON.replace(year=year))
    await site.takes(envelope(1, [level(1.0, seconds=(there - to_us(NOON)) / 1e6)], sent=there))
    [reading] = site.state.readings
    assert reading.observed_us == there
    assert abs(reading.at_us - to_us(NOON)) < 2_000_000
    assert year == 2099 or reading.quality & Quality.TIME_OUT_OF_RANGE


async def test_a_value_that_is_no_number_is_kept_as_none(site):
    await site.takes(envelope(1, [level(float("nan")), level(float("inf")), level(2.0)]))
    assert site.stored() == [None, None, 2.0]
    assert [bool(r.quality & Quality.NOT_A_NUMBER) for r in site.state.readings] == [True, True, False]


async def test_late_readings_are_stored_and_not_shown(site):
    await site.takes(envelope(1, [level(2.0, seconds=10)]))
    await site.takes(envelope(2, [level(1.0, seconds=5)]))
    assert site.state.readings[1].quality == Quality.OUT_OF_ORDER
    assert [reading.value for bank in site.banks for reading in bank.seen] == [2.0]
    assert site.state.latest["weir/gauge-1/level"].value == 2.0


async def test_a_message_that_fails_alone_is_put_aside_with_its_reason(site, monkeypatch):
    original = MemoryFlush.store_readings

    async def store_readings(self, readings) -> None:
        if any(reading.value == 13.0 for reading in readings):
            raise ValueError("the database dislikes 13")
        await original(self, readings)

    monkeypatch.setattr(MemoryFlush, "store_readings", store_readings)
    await site.takes(data(1), data(2, 13.0), data(3))
    assert site.stored() == [1.0, 3.0]
    [held] = site.state.quarantined
    assert (held.code, held.reason) == ("flush.failed", "the database dislikes 13")
    assert "store_readings" in held.trace
    assert site.state.ledger[LedgerKey("weir", 7, Lane.DATA)].committed == ((1, 3),)
    monkeypatch.setattr(MemoryFlush, "store_readings", original)
    assert await site.service("drive").retry([held]) == 1
    assert site.stored() == [1.0, 3.0, 13.0]
    assert site.state.readings[-1].quality & Quality.OUT_OF_ORDER


async def test_a_detector_that_raises_stops_no_custody(site):
    site.poison = 13.0
    await site.takes(data(1), data(2, 13.0), data(3))
    assert site.stored() == [1.0, 3.0]
    assert [held.code for held in site.state.quarantined] == ["detector.failed"]


async def test_a_database_that_is_away_costs_nothing_but_time(site, monkeypatch):
    away = 3
    original = site.store.flush

    def flush(lease, partitions):
        nonlocal away
        if away:
            away -= 1
            raise Transient("connection refused")
        return original(lease, partitions)

    monkeypatch.setattr(site.store, "flush", flush)
    site.config = site.config.model_copy(update={"retry_seconds_max": 0.1})
    await site.takes(data(1), data(2))
    assert site.stored() == [1.0, 2.0]
    assert away == 0


async def test_an_unknown_outcome_is_answered_by_the_ledger(site, monkeypatch):
    """The commit arrived, its answer did not."""
    unlucky = 1
    original = site.store.flush

    @asynccontextmanager
    async def flush(lease, partitions):
        nonlocal unlucky
        async with original(lease, partitions) as opened:
            yield opened
        if unlucky and site.state.readings:
            unlucky -= 1
            raise Transient("server closed the connection unexpectedly")

    monkeypatch.setattr(site.store, "flush", flush)
    await site.takes(*(data(seq) for seq in range(1, 12)))
    assert len(site.stored()) == 11
    assert len(site.attached) == 1, (
        "the detection of the tenth reading was attached in the flush that committed"
    )
    assert site.newest().counts == {"weir/gauge-1/level": 11}


async def test_a_restart_forgets_nothing_and_repeats_nothing(site):
    for seq in range(1, 36):
        await site.takes(data(seq))
        site.clock.advance(timedelta(milliseconds=20))
    assert len(site.attached) == 3
    assert len({one.detection.id for one in site.attached}) == 3
    assert site.newest().counts == {"weir/gauge-1/level": 35}


async def test_a_snapshot_replaces_the_replay_before_it(site):
    await site.takes(data(1))
    site.clock.advance(timedelta(seconds=31))
    await site.takes(data(2))
    await site.takes(data(3))
    assert [reading.value for reading in site.newest().seen] == [3.0]
    assert site.newest().counts == {"weir/gauge-1/level": 3}


async def test_other_detectors_begin_anew_and_say_so(site):
    await site.takes(data(1))
    service = site.service(rules=RulesBook.fixed(site.bank, "another"))

    async def play() -> None:
        site.transport.push(data(2))
        await site.transport.until(lambda: len(site.transport.acknowledged) == 2)

    await site.run(play, service)
    assert site.newest().counts == {"weir/gauge-1/level": 1}


async def test_time_passes_for_detectors_without_messages(site):
    async def play() -> None:
        await site.transport.until(lambda: bool(site.banks) and all(bank.ticks for bank in site.banks))
        site.clock.advance(timedelta(seconds=1))
        await site.transport.until(lambda: all(len(bank.ticks) >= 2 for bank in site.banks))

    await site.run(play)
    assert {bank.partition for bank in site.banks} == {3, 5}


async def test_who_flushes_gives_signs_of_life_and_who_waits_for_the_lease_does_not(site):
    said: list[str] = []
    owner = site.service("one", alive=lambda: said.append("one"))
    waiting = site.service("two", alive=lambda: said.append("two"))

    async def play() -> None:
        await site.transport.until(lambda: said.count("one") >= 3)
        stop = asyncio.Event()
        standby = asyncio.create_task(waiting.run(stop))
        count = said.count("one")
        await site.transport.until(lambda: said.count("one") > count + 3)
        stop.set()
        await standby

    await site.run(play, owner)
    assert "two" not in said


async def test_a_worker_that_was_paused_cannot_commit_after_its_successor(site):
    first, second = site.service("one"), site.service("two")

    async def play() -> None:
        site.transport.push(data(1))
        await site.transport.until(lambda: len(site.transport.acknowledged) == 1)
        site.clock.advance(timedelta(seconds=4))
        lease, _ = site.store._leases[0]
        site.store._leases[0] = (lease, site.clock.now())
        await site.store.acquire(0, "two", 15)
        site.transport.push(data(2))
        await site.transport.until(lambda: site.transport.suspended > 0)

    await site.run(play, first)
    assert site.stored() == [1.0]
    assert Token(1, 2) not in site.transport.acknowledged

    async def go_on() -> None:
        await site.transport.until(lambda: len(site.state.readings) == 2)

    await site.run(go_on, second)
    assert site.stored() == [1.0, 2.0]


async def test_the_successor_waits_until_the_lease_has_expired(site):
    await site.store.acquire(0, "dead", 15)
    stop = asyncio.Event()
    service = site.service("two")
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run(stop))
        await asyncio.sleep(0)
        assert not service.owning.is_set()
        site.clock.advance(timedelta(seconds=16))
        async with asyncio.timeout(5):
            await service.owning.wait()
        stop.set()


async def test_link_heartbeat_and_alarm_reach_their_places(site):
    said = alarm()
    raised = envelope(1, [AlarmItem(said, thumbnail=b"jpeg")], lane=Lane.ALARM)
    beat = envelope(
        1, [Heartbeat(uptime_seconds=5, outbox_depth=0, outbox_bytes=0, raised=[said.id])], lane=Lane.HEALTH
    )
    link = Delivery(Token(1, 9), "tocsin/v1/03/weir/state", b"online", 1, retained=True, received=0.0)
    await site.takes(raised, beat, link)
    assert site.state.links == {"weir": LinkState.ONLINE}
    [(name, sent, _)] = site.state.heartbeats
    assert (name, sent) == ("weir", NOON)
    [incoming] = site.attached
    assert incoming.raised
    assert incoming.age is not None
    assert incoming.age < timedelta(seconds=1)
    assert len(site.complete) == 1


async def test_receipts_follow_a_new_connection(site):
    async def play() -> None:
        site.transport.push(data(1))
        await site.transport.until(lambda: len(site.transport.receipts()) == 1)
        await site.transport.reconnect()
        await site.transport.until(lambda: len(site.transport.receipts()) >= 2)

    await site.run(play)


async def test_a_receipt_that_cannot_be_sent_is_sent_later(site):
    async def play() -> None:
        site.transport.down = True
        site.transport.push(data(1))
        await site.transport.until(lambda: len(site.transport.acknowledged) == 1)
        site.transport.down = False
        site.clock.advance(timedelta(seconds=2))
        site.transport.push(data(2))
        await site.transport.until(lambda: bool(site.transport.receipts()))

    await site.run(play)
