from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.edge import Centre, collector, picture, running
from tocsin.core.wire import ClockState
from tocsin.edge import health
from tocsin.edge.health import judge_clock


@pytest.mark.parametrize(
    ("configured", "year", "kernel", "seen", "state"),
    [
        ("auto", 2026, (True, 0.1), False, "synced"),
        ("auto", 2026, (False, 0.0), True, "drifting"),
        ("auto", 2026, None, True, "synced"),
        ("auto", 2026, None, False, "drifting"),
        ("auto", 1970, (True, 0.0), True, "unset"),
        ("auto", 2099, (True, 0.0), True, "unset"),
        ("synced", 1970, None, False, "synced"),
        ("unset", 2026, (True, 0.0), True, "unset"),
    ],
)
def test_a_clock_is_claimed_only_as_good_as_somebody_vouches_for_it(
    configured: str,
    year: int,
    kernel: tuple[bool, float] | None,
    *,
    seen: bool,
    state: str,
) -> None:
    verdict = judge_clock(configured, year, kernel, timesync_seen=seen)  # type: ignore[arg-type]
    assert verdict.state is ClockState(state)


def test_the_kernel_answers_or_says_that_it_cannot() -> None:
    answer = health.kernel_clock()
    assert answer is None or abs(answer[1]) < 3600


def test_memory_is_that_of_this_process_and_its_children() -> None:
    assert health.memory_bytes() > 10_000_000
    assert health.memory_bytes("0") == 0


async def test_the_heartbeat_tells_how_the_box_is(tmp_path: Path, broker_port: int, centre: Centre) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.jpg").write_bytes(picture())
    more = "cameras: [{type: folder, name: yard, path: p, loop: true, interval_seconds: 0.04}]"
    box = collector(tmp_path, broker_port, more)
    async with running(box):
        await centre.until(lambda c: any(b.devices and b.devices[0].changed is False for b in c.beats()))
    beat = centre.beats()[-1]
    (yard,) = beat.devices
    assert (yard.device, yard.kind, yard.changed, yard.fault) == ("weir/yard", "camera", False, None)
    first = next(b.devices[0].last_us for b in centre.beats() if b.devices and b.devices[0].last_us)
    assert yard.last_us == first, "the same picture again is no new sign of life"
    assert beat.revision == box.revision
    assert beat.disk_free_bytes > 0
    assert beat.memory_bytes > 0
    assert beat.clock is ClockState.SYNCED
    assert beat.interval_seconds == 0.3


async def test_an_outbox_that_fills_shows_in_the_heartbeat(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    centre.answering = False
    box = collector(tmp_path, broker_port).model_copy(update={"drain_seconds": 0.0})
    async with running(box):
        await centre.until(lambda c: len(c.beats()) >= 4)
    depths = [beat.outbox_depth for beat in centre.beats()]
    assert depths == sorted(depths)
    assert depths[-1] >= 3
    assert centre.beats()[-1].outbox_oldest_us is not None
    await asyncio.sleep(0)
