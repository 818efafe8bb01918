from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typing_extensions import override

from tests.support.site import until
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.watch import Beat
from tocsin.store.memory.watch import MemoryWatchStore
from tocsin.watch.beating import Signs, keep_beating, read_disks

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Counted(MemoryWatchStore):
    def __init__(self) -> None:
        super().__init__(ManualClock(NOW))
        self.written: list[list[str]] = []
        self.away = False

    @override
    async def beat(self, beats: Sequence[Beat]) -> None:
        if self.away:
            self.away = False
            raise Transient("away")
        self.written.append([one.name for one in beats])
        await super().beat(beats)


def test_a_worker_is_named_for_its_host_or_its_place() -> None:
    signs = Signs("a")
    signs.of("relay")()
    signs.of("ingest", "ingest-0")()
    assert signs.take() == [("ingest-0", "ingest"), ("relay@a", "relay")]


def test_who_has_not_signed_is_not_written() -> None:
    signs = Signs("a")
    relay, escalator = signs.of("relay"), signs.of("escalator")
    relay()
    relay()
    assert signs.take() == [("relay@a", "relay")]
    assert signs.take() == []
    escalator()
    assert signs.take() == [("escalator@a", "escalator")]


async def run(store: Counted, signs: Signs, **more: object) -> tuple[asyncio.Task[None], asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(
        keep_beating(signs, store, ManualClock(NOW), stop, every_seconds=0.001, **more)  # type: ignore[arg-type]
    )
    return task, stop


@pytest.mark.timeout(10)
async def test_all_workers_of_a_process_are_one_statement_and_none_without_a_sign() -> None:
    store, signs = Counted(), Signs("a")
    signs.of("silent")
    for role in ("relay", "escalator"):
        signs.of(role)()
    task, stop = await run(store, signs)
    await until(lambda: bool(store.written))
    stop.set()
    await task
    assert store.written == [["escalator@a", "relay@a"]]


@pytest.mark.timeout(10)
async def test_who_stops_on_purpose_is_not_missed() -> None:
    store, signs = Counted(), Signs("a")
    signs.of("relay")()
    task, stop = await run(store, signs)
    await until(lambda: bool(store.written))
    stop.set()
    await task
    assert (await store.beats())[0] == []


@pytest.mark.timeout(10)
async def test_a_database_that_is_away_does_not_end_it() -> None:
    store, signs = Counted(), Signs("a")
    store.away = True
    alive = signs.of("relay")
    alive()
    task, stop = await run(store, signs)
    while not store.written:
        alive()
        await asyncio.sleep(0)
    stop.set()
    await task


@pytest.mark.timeout(10)
async def test_disks_are_told_with_the_signs(tmp_path: Path) -> None:
    store, signs = Counted(), Signs("a")
    signs.of("ingest", "ingest-0")()
    task, stop = await run(store, signs, places={"data": tmp_path})
    await until(lambda: bool(store.written))
    ((beat,), _) = await store.beats()
    stop.set()
    await task
    assert 0 <= beat.disks["data"].used_share <= 1


def test_a_disk_is_told_once_and_a_place_that_is_not_there_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    found = read_disks({"data": tmp_path, "pictures": tmp_path / "pictures", "gone": tmp_path / "gone"})
    assert list(found) == ["data"]
    assert found["data"].free_bytes > 0
