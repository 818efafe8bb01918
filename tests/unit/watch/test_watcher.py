from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from tests.support.incidents import INCIDENT, Case
from tests.support.site import until
from tocsin.alerts.incident import deadlines
from tocsin.alerts.policies import default_text
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.ids import IncidentId
from tocsin.core.watch import Beat, FindingRow, Sight, Waiting
from tocsin.store.audit import Audited
from tocsin.store.memory.watch import MemoryWatchStore
from tocsin.watch.config import WatchConfig
from tocsin.watch.watcher import Watcher

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
S = timedelta(seconds=1)


class Tower(MemoryWatchStore):
    """A database whose state a test writes down."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.away = ""
        self.overdue: Waiting | None = None
        self.quarantined = 0
        self.audited: list[Audited] = []
        self.asked_for: list[tuple[IncidentId, ...]] = []
        self.closed = False

    async def look(self, *, overdue: timedelta, unsent: timedelta, gone: timedelta) -> Sight:
        if self.away:
            raise Transient(self.away)
        now = self.clock.now()
        return Sight(now=now, clock=now, overdue=self.overdue, quarantined=self.quarantined)

    async def audit(self, most: int, also: Sequence[IncidentId]) -> Sequence[Audited]:
        self.asked_for.append(tuple(also))
        return self.audited[:most]

    async def close(self) -> None:
        self.closed = True

    @override
    async def keep(self, findings: Sequence[FindingRow]) -> None:
        if self.away:
            raise Transient(self.away)
        await super().keep(findings)


class Watched:
    def __init__(self, **config: object) -> None:
        self.clock = ManualClock(NOW)
        self.tower = Tower(self.clock)
        self.config = WatchConfig.model_validate({"expect": (), "language": "en", **config})
        self.watcher = self.another()

    def another(self) -> Watcher:
        return Watcher(self.tower, self.config, self.clock, host="b")

    async def looks(self, number: int = 1) -> list[str]:
        """Look once a second; give what was told."""
        told = []
        for _ in range(number):
            news = await self.watcher.round()
            told += [f"+{one.finding.code}" for one in news.raised]
            told += [f"-{one.finding.code}" for one in news.over]
            self.clock.advance(S)
        return told

    async def rows(self) -> list[tuple[str, bool]]:
        return [(one.code, one.until is None) for one in await self.tower.findings(NOW - timedelta(days=1))]


def late() -> Waiting:
    return Waiting(count=1, oldest=NOW - 60 * S, example="incident-1")


async def test_what_is_wrong_is_told_kept_and_told_when_it_is_over() -> None:
    watched = Watched()
    assert await watched.looks(3) == []
    watched.tower.overdue = late()
    with capture_logs() as lines:
        assert await watched.looks(3) == ["+deadline.overdue"]
    assert [line["event"] for line in lines] == ["watch.raised"]
    assert await watched.rows() == [("deadline.overdue", True)]
    watched.tower.overdue = None
    assert await watched.looks(6) == ["-deadline.overdue"]
    assert await watched.rows() == [("deadline.overdue", False)]


async def test_a_database_that_is_away_is_told_and_written_down_when_it_is_back() -> None:
    watched = Watched()
    watched.tower.away = "no answer"
    assert await watched.looks(4) == ["+database.down"]
    assert await watched.rows() == []
    watched.tower.away = ""
    assert await watched.looks(5) == ["-database.down"]
    assert await watched.rows() == [("database.down", False)]
    (row,) = await watched.tower.findings(NOW - timedelta(days=1))
    assert row.since == NOW
    assert "no answer" in row.sentence


async def test_what_stood_before_the_database_went_is_not_over_by_that() -> None:
    watched = Watched()
    watched.tower.overdue = late()
    await watched.looks(2)
    watched.tower.away = "no answer"
    assert await watched.looks(20) == ["+database.down"]
    assert {one.finding.code for one in watched.watcher.standing} == {"deadline.overdue", "database.down"}


async def test_workers_are_not_blamed_while_they_find_the_database_again() -> None:
    watched = Watched(expect=("relay",))
    watched.tower.away = "no answer"
    await watched.looks(3)
    watched.tower.away = ""
    assert await watched.looks(10) == ["-database.down"]
    assert await watched.looks(3) == ["+worker.silent"]


async def test_the_watcher_beats_and_takes_its_sign_away_when_it_stops_on_purpose() -> None:
    watched = Watched()
    await watched.looks(1)
    beats, _ = await watched.tower.beats()
    assert [(one.name, one.role) for one in beats] == [("watcher@b", "watcher")]
    stop = asyncio.Event()
    stop.set()
    await watched.watcher.run(stop)
    assert (await watched.tower.beats())[0] == []
    assert watched.tower.closed


async def test_a_successor_goes_on_where_the_first_ended() -> None:
    watched = Watched()
    watched.tower.overdue = late()
    await watched.looks(2)
    watched.watcher = watched.another()
    assert await watched.looks(5) == []
    watched.tower.overdue = None
    assert await watched.looks(5) == ["-deadline.overdue"]
    assert await watched.rows() == [("deadline.overdue", False)]


async def test_a_quarantine_that_grows_is_seen_over_ten_minutes() -> None:
    watched = Watched()
    watched.tower.quarantined = 100
    assert await watched.looks(30) == []
    watched.tower.quarantined = 120
    assert await watched.looks(2) == ["+quarantine.growing"]
    assert "-quarantine.growing" in await watched.looks(620)


async def test_disks_of_its_own_host_are_seen(tmp_path: Path) -> None:
    watched = Watched(disks={"here": str(tmp_path)}, limits={"disk_page_bytes": 10**14})
    assert await watched.looks(2) == ["+disk.low"]


def audited(**more: object) -> Audited:
    case = Case()
    case.open()
    case.confirm()
    made = Audited(
        incident=INCIDENT,
        whole=True,
        open=True,
        events=case.log,
        policy=default_text(),
        deadlines=deadlines(case.incident, case.policy),
        notices=frozenset(one.id for one in case.told),
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, []),
        ({"whole": False}, ["+chain.broken"]),
        ({"deadlines": {}}, ["+audit.difference"]),
        ({"deadlines": {}, "open": False}, []),
        ({"policy": "no policy"}, ["+audit.difference"]),
    ],
)
async def test_a_sample_is_audited(wrong: dict[str, object], told: list[str]) -> None:
    watched = Watched()
    watched.tower.audited = [audited(**wrong)]
    assert await watched.looks(3) == told


async def test_what_an_audit_found_is_looked_at_again_and_over_when_it_is_well() -> None:
    watched = Watched(audit_seconds=5)
    watched.tower.audited = [audited(deadlines={})]
    await watched.looks(3)
    watched.tower.audited = [audited()]
    assert await watched.looks(12) == ["-audit.difference"]
    assert watched.tower.asked_for[:2] == [(), (INCIDENT,)]


async def test_audits_can_be_switched_off() -> None:
    watched = Watched(audit_incidents=0)
    await watched.looks(3)
    assert watched.tower.asked_for == []


async def test_a_watcher_that_no_longer_looks_is_not_ready() -> None:
    watched = Watched()
    await watched.looks(1)
    assert watched.watcher.faults() == []
    watched.clock.advance(31 * S)
    assert watched.watcher.faults() == ["no look for 32 s"]


@pytest.mark.timeout(10)
async def test_it_runs_until_it_is_stopped() -> None:
    watched = Watched(every_seconds=0.2)
    stop = asyncio.Event()
    task = asyncio.create_task(watched.watcher.run(stop))
    names: list[Beat] = []
    await until(lambda: bool(watched.tower._beats) or bool(names))
    stop.set()
    await task
