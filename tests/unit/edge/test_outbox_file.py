from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.core import wire
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Lane, LaneReceipt, Senml
from tocsin.edge.outbox_file import Draft, OutboxFile
from tocsin.edge.sending import Urgency

SYNCED = ClockState.SYNCED


def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


def opened(tmp_path: Path, *, bytes_max: int = 10_000_000, at: ManualClock | None = None) -> OutboxFile:
    return OutboxFile(
        tmp_path / "outbox.sqlite",
        collector=CollectorId("weir"),
        clock=at or clock(),
        boot="b",
        bytes_max=bytes_max,
        days_max=7,
    )


def draft(
    lane: Lane = Lane.DATA, urgency: Urgency = Urgency.LIVE, *, size: int = 10, state: ClockState = SYNCED
) -> Draft:
    return Draft(lane, urgency, wire.pack_items([Senml(n="a/b", vs="x" * size)]), 1, state)


def numbers(file: OutboxFile, lane: Lane = Lane.DATA) -> list[int]:
    return sorted(seq for urgency in Urgency for seq, _ in file.waiting(urgency, lane, (), 10_000))


def stones(file: OutboxFile, lane: Lane = Lane.DATA) -> list[wire.Tombstone]:
    found = []
    for seq, _ in file.waiting(Urgency.LOSS, lane, (), 1000):
        stored = file.load(lane, seq, clock=SYNCED)
        assert stored is not None
        envelope = wire.open_envelope(stored.payload)
        assert envelope.seq == envelope.lost[0].first
        found += envelope.lost
    return found


def test_numbers_begin_at_one_and_have_no_holes_in_each_lane(tmp_path: Path) -> None:
    file = opened(tmp_path)
    assert file.put([draft(), draft(Lane.ALARM, Urgency.ALARM), draft()]) == [1, 1, 2]
    assert file.put([draft()]) == [3]


def test_an_envelope_says_everything_the_wire_asks_for(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.put([draft()])
    stored = file.load(Lane.DATA, 1, clock=SYNCED)
    assert stored is not None
    envelope = wire.open_envelope(stored.payload)
    assert (envelope.collector, envelope.epoch, envelope.lane, envelope.seq) == (
        "weir",
        file.epoch,
        Lane.DATA,
        1,
    )
    assert wire.senml_items(envelope)[0].n == "a/b"


def test_the_epoch_and_the_numbers_survive_a_restart(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put([draft(), draft()])
    epoch = first.epoch
    first.close()
    second = opened(tmp_path)
    assert second.epoch == epoch
    assert second.put([draft()]) == [3]
    assert [seq for seq, _ in second.waiting(Urgency.BACKLOG, Lane.DATA, (), 9)] == [1, 2], "no longer live"


def test_a_receipt_deletes_exactly_what_it_names(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.put([draft() for _ in range(6)])
    assert file.settle(LaneReceipt(file.epoch, Lane.DATA, 2, [(4, 5)])) == 4
    assert numbers(file) == [3, 6]
    assert file.depth().envelopes == 2


def test_a_receipt_of_another_epoch_or_of_the_future_is_not_plausible(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.put([draft()])
    assert file.plausible(LaneReceipt(file.epoch, Lane.DATA, 1))
    assert not file.plausible(LaneReceipt(file.epoch, Lane.DATA, 2))
    assert not file.plausible(LaneReceipt(file.epoch, Lane.DATA, 0, [(1, 2)]))
    assert not file.plausible(LaneReceipt(file.epoch ^ 1, Lane.DATA, 1))


def test_a_full_outbox_drops_the_unimportant_first_and_tells(tmp_path: Path) -> None:
    file = opened(tmp_path, bytes_max=20_000)
    file.put([draft(Lane.MEDIA, Urgency.ROUTINE, size=1000) for _ in range(3)])
    file.put([draft(Lane.DATA, Urgency.BACKLOG, size=1000) for _ in range(5)])
    file.put([draft(Lane.ALARM, Urgency.ALARM, size=1000) for _ in range(14)])
    assert numbers(file, Lane.ALARM) == list(range(1, 15))
    assert [(s.first, s.last, s.reason, s.count) for s in stones(file, Lane.MEDIA)] == [(1, 3, "full", 3)]
    lost = stones(file)[0]
    assert lost.first == 1, "the oldest first"
    assert numbers(file) == [1, *range(lost.last + 1, 6)]
    assert file.depth().lost == 3 + lost.count
    assert file.depth().bytes <= 20_000


def test_what_is_on_its_way_is_spared_while_something_else_is_there(tmp_path: Path) -> None:
    file = opened(tmp_path, bytes_max=5_000)
    file.put([draft(size=1000) for _ in range(3)])
    file.put([draft(size=2000)], keep=[(Lane.DATA, 1)])
    assert file.waiting(Urgency.LIVE, Lane.DATA, (), 9)[0][0] == 1


def test_a_sealed_tombstone_never_grows(tmp_path: Path) -> None:
    file = opened(tmp_path, bytes_max=5_000)
    file.put([draft(size=1000) for _ in range(4)])
    file.put([draft(size=1000)])
    sealed = stones(file)
    file.put([draft(size=1000)])
    now = stones(file)
    assert now[0] == sealed[0]
    assert now[1].first == sealed[0].last + 1


def test_a_tombstone_leaves_on_a_receipt_that_names_all_of_it(tmp_path: Path) -> None:
    file = opened(tmp_path, bytes_max=5_000)
    file.put([draft(size=1000) for _ in range(6)])
    file.put([draft(size=1000)])
    stone = stones(file)[0]
    assert stone.last > stone.first
    file.settle(LaneReceipt(file.epoch, Lane.DATA, stone.last - 1))
    assert stones(file) == [stone]
    file.settle(LaneReceipt(file.epoch, Lane.DATA, stone.last))
    assert stones(file) == []


def test_what_is_older_than_a_week_goes_and_is_told(tmp_path: Path) -> None:
    at = clock()
    file = opened(tmp_path, at=at)
    file.put([draft(), draft()])
    at.advance(timedelta(days=7, seconds=1))
    file.put([draft()])
    assert file.expire(clock=SYNCED) == 2
    assert [(s.first, s.last, s.reason) for s in stones(file)] == [(1, 2, "age")]


def test_a_clock_that_was_not_right_throws_nothing_away(tmp_path: Path) -> None:
    at = ManualClock(datetime(1970, 1, 2, tzinfo=UTC))
    file = opened(tmp_path, at=at)
    file.put([draft(state=ClockState.UNSET)])
    at.jump(datetime(2026, 11, 22, tzinfo=UTC))
    assert file.expire(clock=SYNCED) == 0
    assert file.expire(clock=ClockState.DRIFTING) == 0
    assert numbers(file) == [1]


@pytest.mark.parametrize("damage", ["header", "middle", "empty_page"])
def test_a_damaged_file_is_put_aside_and_a_new_epoch_begun(tmp_path: Path, damage: str) -> None:
    first = opened(tmp_path)
    first.put([draft(size=3000) for _ in range(50)])
    epoch = first.epoch
    first.close()
    path = tmp_path / "outbox.sqlite"
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:16] = b"this is no file!"
    elif damage == "middle":
        data[4096 : len(data)] = os.urandom(len(data) - 4096)
    else:
        data[4096:8192] = bytes(4096)
    path.write_bytes(bytes(data))
    second = opened(tmp_path)
    assert second.epoch != epoch
    assert second.put([draft()]) == [1]
    assert len(second.put_aside) == 1
    assert second.put_aside[0].exists()


def test_a_file_that_was_set_back_goes_on_under_a_new_epoch_and_keeps_everything(tmp_path: Path) -> None:
    file = opened(tmp_path, bytes_max=40_000)
    for _ in range(3):
        file.put([draft(Lane.ALARM, Urgency.ALARM, size=20)])
    for _ in range(60):
        file.put([draft(size=1000)])
    lost = sum(stone.count for stone in stones(file))
    assert lost
    kept = {seq: file.load(Lane.DATA, seq, clock=SYNCED) for seq in numbers(file)}
    contents = [
        bytes(wire.open_envelope(stored.payload).items)
        for stored in kept.values()
        if stored is not None and not wire.open_envelope(stored.payload).lost
    ]
    before = file.epoch
    assert file.renumber() == file.depth().envelopes
    assert file.epoch != before
    assert numbers(file) == list(range(1, len(kept) + 1))
    assert numbers(file, Lane.ALARM) == [1, 2, 3]
    assert sum(stone.count for stone in stones(file)) == lost
    again = []
    for seq in numbers(file):
        stored = file.load(Lane.DATA, seq, clock=SYNCED)
        assert stored is not None
        envelope = wire.open_envelope(stored.payload)
        assert (envelope.epoch, envelope.seq, stored.last) == (file.epoch, seq, seq)
        if not envelope.lost:
            again.append(bytes(envelope.items))
    assert again == contents
    assert file.put([draft()]) == [len(kept) + 1]
    epoch, depth = file.epoch, file.depth()
    file.close()
    reopened = opened(tmp_path, bytes_max=40_000)
    assert (reopened.epoch, reopened.depth()) == (epoch, depth)
    assert reopened.settle(LaneReceipt(epoch, Lane.DATA, len(kept) + 1)) == len(kept) + 1
    reopened.close()


def test_a_folder_that_cannot_be_written_is_transient_not_damage(tmp_path: Path) -> None:
    folder = tmp_path / "outbox.sqlite"
    folder.mkdir()
    with pytest.raises(Transient):
        opened(tmp_path)
    assert folder.exists()


def test_a_failed_put_uses_up_no_number(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.put([draft()])
    file._db.execute("pragma query_only = on")
    with pytest.raises(Transient):
        file.put([draft()])
    file._db.execute("pragma query_only = off")
    assert file.put([draft()]) == [2]
    assert file.put_aside == []


WRITER = """
import sys
from pathlib import Path
from tocsin.core import wire
from tocsin.core.clock import SystemClock
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Lane, Senml
from tocsin.edge.outbox_file import Draft, OutboxFile
from tocsin.edge.sending import Urgency
file = OutboxFile(Path(sys.argv[1]), collector=CollectorId("weir"), clock=SystemClock(), boot="b",
                  bytes_max=200_000, days_max=7)
print("e", file.epoch, flush=True)
while True:
    for seq in file.put([Draft(Lane.DATA, Urgency.LIVE, wire.pack_items([Senml(n="a/b", vs="x" * 500)]), 1,
                         ClockState.SYNCED)] * 3):
        print("s", seq, flush=True)
"""


def test_a_killed_writer_has_lost_nothing_it_was_told_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    promised = 0
    for lines in (7, 40, 400):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _, line in zip(range(lines), writer.stdout, strict=False):
                if line.startswith("s"):
                    promised = int(line.split()[1])
            os.kill(writer.pid, signal.SIGKILL)
            for line in writer.stdout:
                if line.startswith("s") and line.endswith("\n"):
                    promised = int(line.split()[1])
    file = opened(tmp_path, bytes_max=200_000)
    covered = set(numbers(file))
    for stone in stones(file):
        covered.update(range(stone.first, stone.last + 1))
    following = file.put([draft()])[0]
    assert following > promised > 100
    assert covered == set(range(1, following)), json.dumps(sorted(set(range(1, following)) - covered)[:10])
    assert file.put_aside == []
