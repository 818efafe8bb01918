from __future__ import annotations

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from tests.support.site import NOON, VILLAGE, Site
from tocsin.alerts.alarm_model import Link
from tocsin.alerts.config import LinkWatchConfig
from tocsin.alerts.link_watch import LinkWatch
from tocsin.core.errors import Transient
from tocsin.core.ids import CollectorId


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    box = CollectorId("box")
    site.store.tables.links[box] = Link(
        collector=box,
        grid=VILLAGE,
        state="offline",
        since=NOON,
        heard=NOON,
        interval_seconds=10.0,
        lost=False,
    )
    return site


async def look(site: Site, watch: LinkWatch, second: int, *, flushed: int | None = None) -> int:
    site.clock.jump(NOON + timedelta(seconds=second))
    site.store.tables.flushes = [NOON + timedelta(seconds=second if flushed is None else flushed)]
    return await watch.look()


async def test_a_lost_box_becomes_one_incident_however_many_watch() -> None:
    site = await made()
    watches = [LinkWatch(site.store, site.service, LinkWatchConfig(), sessions=1) for _ in range(2)]
    assert [await look(site, watch, 0) for watch in watches] == [0, 0]
    assert [await look(site, watch, 60) for watch in watches] == [1, 0]
    assert len(site.store.tables.incidents) == 1


async def test_while_ingest_or_this_process_hears_nothing_nobody_is_judged() -> None:
    site = await made()
    deaf: list[str] = []
    watch = LinkWatch(site.store, site.service, LinkWatchConfig(), sessions=1, deaf=lambda: deaf)
    assert await look(site, watch, 0) == 0
    assert await look(site, watch, 70, flushed=50) == 0
    assert await look(site, watch, 80) == 0
    deaf.append("no session with the broker")
    assert await look(site, watch, 145) == 0
    deaf.clear()
    assert await look(site, watch, 150) == 0
    assert await look(site, watch, 209) == 0
    assert await look(site, watch, 210) == 1


async def test_a_watch_goes_on_after_a_fault_and_judges_anew(monkeypatch) -> None:
    site = await made()
    watch = LinkWatch(site.store, site.service, LinkWatchConfig(every_seconds=0.001), sessions=1)
    calls = 0

    async def look() -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Transient("the database is away")
        return 0

    monkeypatch.setattr(watch, "look", look)
    stop = asyncio.Event()
    with capture_logs() as lines:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(watch.run(stop))
            while calls < 3:
                await asyncio.sleep(0.001)
            stop.set()
    assert [line["event"] for line in lines] == ["link_watch.failed"]
