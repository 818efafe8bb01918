from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.edge import lane_receipt
from tocsin.core import wire
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Lane, LaneReceipt, Receipt, Senml
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft
from tocsin.edge.sending import WINDOW_ENVELOPES, Urgency


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
async def outbox(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Outbox]:
    made = Outbox(
        tmp_path / "o.sqlite",
        collector=CollectorId("weir"),
        clock=clock,
        boot="b",
        bytes_max=10**7,
        days_max=7,
    )
    yield made
    await made.close()


def draft(lane: Lane = Lane.DATA, urgency: Urgency = Urgency.LIVE, size: int = 10) -> Draft:
    return Draft(lane, urgency, wire.pack_items([Senml(n="a/b", vs="x" * size)]), 1, ClockState.SYNCED)


def receipt(outbox: Outbox, upto: int, lane: Lane = Lane.DATA) -> bytes:
    return wire.encode_receipt(Receipt(0, [LaneReceipt(outbox._file.epoch, lane, upto)]))


async def test_puts_that_come_together_share_a_commit(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    put = outbox._file.put

    def counting(drafts: list[Draft], **options: object) -> list[int]:
        commits.append(len(drafts))
        return put(drafts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox._file, "put", counting)
    numbers = await asyncio.gather(*(outbox.put(draft()) for _ in range(100)))
    assert sorted(numbers) == list(range(1, 101))
    assert len(commits) <= 3


async def test_urgent_goes_first_whatever_came_first(outbox: Outbox) -> None:
    await outbox.put(draft(Lane.MEDIA, Urgency.ROUTINE))
    await outbox.put(draft(Lane.DATA, Urgency.BACKLOG))
    await outbox.put(draft(Lane.DATA, Urgency.LIVE))
    await outbox.put(draft(Lane.MEDIA, Urgency.EVIDENCE))
    await outbox.put(draft(Lane.HEALTH, Urgency.HEALTH))
    await outbox.put(draft(Lane.ALARM, Urgency.ALARM))
    picked = [(s.lane, s.seq) for s in await outbox.pick(10, media=True)]
    assert picked == [(Lane.ALARM, 1), (Lane.HEALTH, 1), (Lane.MEDIA, 2), (Lane.DATA, 2), (Lane.DATA, 1)]
    assert [(s.lane, s.seq) for s in await outbox.pick(10, media=True)] == [(Lane.MEDIA, 1)]


async def test_no_picture_goes_while_one_is_on_the_line(outbox: Outbox) -> None:
    await outbox.put(draft(Lane.MEDIA, Urgency.EVIDENCE))
    assert await outbox.pick(10, media=False) == []
    assert len(await outbox.pick(0, media=True)) == 1


async def test_no_more_than_the_window_goes_without_a_receipt(outbox: Outbox) -> None:
    await asyncio.gather(*(outbox.put(draft()) for _ in range(WINDOW_ENVELOPES + 5)))
    assert len(await outbox.pick(1000, media=True)) == WINDOW_ENVELOPES
    assert await outbox.pick(1000, media=True) == []
    await outbox.receipt(receipt(outbox, 3))
    assert [s.seq for s in await outbox.pick(1000, media=True)] == [65, 66, 67]


async def test_one_mebibyte_is_the_other_bound_of_the_window(outbox: Outbox) -> None:
    for _ in range(5):
        await outbox.put(draft(size=300_000))
    assert len(await outbox.pick(1000, media=True)) == 3


async def test_the_oldest_goes_again_with_the_same_bytes(outbox: Outbox, clock: ManualClock) -> None:
    await outbox.put(draft())
    first = await outbox.pick(10, media=True)
    assert await outbox.pick(10, media=True) == []
    clock.advance(timedelta(seconds=15))
    assert await outbox.pick(10, media=True) == first


async def test_what_the_broker_did_not_take_goes_again_at_once(outbox: Outbox) -> None:
    await outbox.put(draft())
    (stored,) = await outbox.pick(10, media=True)
    await outbox.withdraw(stored.lane, stored.seq)
    assert await outbox.pick(10, media=True) == [stored]


async def test_only_a_receipt_deletes(outbox: Outbox) -> None:
    await outbox.put(draft())
    await outbox.pick(10, media=True)
    assert (await outbox.depth()).envelopes == 1
    assert await outbox.receipt(receipt(outbox, 1)) == 1
    assert (await outbox.depth()).envelopes == 0
    assert await outbox.drained(1.0)


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xff", b"\x80", wire.encode_receipt(Receipt(0, [LaneReceipt(7, Lane.DATA, 9)]))]
)
async def test_receipts_that_mean_nothing_here_delete_nothing(outbox: Outbox, payload: bytes) -> None:
    await outbox.put(draft())
    assert await outbox.receipt(payload) == 0
    assert (await outbox.depth()).envelopes == 1


async def test_a_receipt_for_what_was_never_sealed_deletes_nothing_and_a_new_epoch_begins(
    outbox: Outbox,
) -> None:
    await outbox.put(draft())
    epoch = outbox._file.epoch
    await outbox.pick(10, media=True)
    assert await outbox.receipt(receipt(outbox, 2)) == 0
    assert (await outbox.depth()).envelopes == 1
    assert outbox._file.epoch != epoch
    [again] = await outbox.pick(10, media=True)
    envelope = wire.open_envelope(again.payload)
    assert (envelope.epoch, envelope.seq) == (outbox._file.epoch, 1), "the centre takes it as new"
    assert await outbox.receipt(receipt(outbox, 1)) == 1
    assert (await outbox.depth()).envelopes == 0


async def test_a_disk_that_cannot_be_read_stops_neither_the_line_nor_the_heartbeat(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outbox.put(draft())

    class Broken:
        def execute(self, *_: object) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error

    sound = outbox._file._db
    with monkeypatch.context() as broken:
        broken.setattr(outbox._file, "_db", Broken())
        assert await outbox.pick(10, media=True) == []
        assert (await outbox.depth()).envelopes == 1
        with pytest.raises(Transient):
            await outbox.put(draft())
        assert await outbox.receipt(receipt(outbox, 1)) == 0
    assert outbox._file._db is sound, "trouble of the disk is no damage"
    assert len(await outbox.pick(10, media=True)) == 1


async def test_a_damaged_file_that_cannot_be_put_aside_is_tried_again(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(cause: Exception) -> None:
        raise OSError("read-only file system")

    with monkeypatch.context() as broken:
        broken.setattr(outbox._file, "_begin_anew", refuse)
        outbox._file._db.close()
        with pytest.raises(Transient):
            await outbox.put(draft())
        assert await outbox.pick(10, media=True) == []
    assert await outbox.put(draft()) >= 1, "the disk is back"


async def test_an_outbox_damaged_while_it_runs_goes_on_with_a_new_epoch(
    outbox: Outbox, tmp_path: Path
) -> None:
    await asyncio.gather(*(outbox.put(draft(size=2000)) for _ in range(100)))
    await outbox.pick(10, media=True)
    epoch = outbox._file.epoch
    outbox._file._db.execute("pragma wal_checkpoint(truncate)")
    outbox._file._db.execute("pragma cache_size = 0")
    path = tmp_path / "o.sqlite"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    outbox._file._db.execute("pragma shrink_memory")
    for _ in range(3):
        await outbox.put(draft())
        await outbox.pick(10, media=True)
        await outbox.depth()
    assert outbox._file.epoch != epoch
    assert outbox._file.put_aside
    assert not any(seq > 3 for seq in outbox._sending.in_flight(Lane.DATA))


async def test_a_disk_that_takes_nothing_is_told_to_who_put(outbox: Outbox) -> None:
    outbox._file._db.execute("pragma query_only = on")
    with pytest.raises(Transient):
        await outbox.put(draft())
    outbox._file._db.execute("pragma query_only = off")
    assert await outbox.put(draft()) == 1


async def test_drained_gives_up_after_its_time(outbox: Outbox) -> None:
    await outbox.put(draft())
    assert not await outbox.drained(0.01)


def test_the_receipts_of_the_tests_are_those_of_the_wire() -> None:
    assert lane_receipt(1, Lane.DATA, {1, 2, 4, 5, 9}).beyond == [(4, 5), (9, 9)]


async def test_asking_for_the_next_instant_while_sending_never_fails(outbox: Outbox) -> None:
    async def ask() -> None:
        for _ in range(200):
            await outbox.next_due()

    async def send() -> None:
        for number in range(40):
            await outbox.put(draft())
            await outbox.pick(10, media=True)
            await outbox.receipt(receipt(outbox, number + 1))

    await asyncio.gather(ask(), send())
    assert await outbox.next_due() is None
