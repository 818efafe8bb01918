from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from tests.support import centre as small
from tests.support.database import Database
from tocsin.alerts.commands import Confirm
from tocsin.alerts.ports import Report
from tocsin.core.detections import Kind
from tocsin.core.ids import ReportId
from tocsin.core.incidents import Actor
from tocsin.demo import report
from tocsin.wiring import Centre


async def reading(database: Database, second: int) -> None:
    await database.execute(
        "insert into reading (at, observed, received, corrected, value, stream, quality, place) "
        "select at, at, at + interval '250 ms', at, 1, 1, 0, 0 "
        "from (select date_trunc('minute', tocsin_clock()) + %s * interval '1 s' as at) as made",
        second,
    )


async def reported(made: Centre) -> None:
    incident = await made.alerts.report(
        Report(
            id=ReportId("r-1"),
            kind=Kind.FIRE,
            grid=small.MILL,
            words="smoke over the mill",
            caller="",
            place=None,
            reported_by=small.DESK,
            at=made.clock.now(),
        ),
        severity=0.8,
        grade=None,
        actor=Actor("person", small.DESK),
        act="act-1",
    )
    await made.alerts.command(incident, Confirm(), Actor("person", small.DESK))


async def test_a_demo_in_which_nothing_happened_reports_zeros(database: Database, tmp_path: Path) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        found = await report.gather(made, made.clock.now(), 0, {})
    assert found["readings"] == {"sent": 0, "stored": 0, "duplicated": 0, "missing": 0}
    assert (found["detections"], found["alarms"], found["incidents"], found["notices"]) == (0, 0, {}, {})
    nothing = {"started": 0, "arrived": 0, "late": 0, "missed": 0, "stood_down": 0}
    assert found["clocks"] == {"village": nothing, "township": nothing, "city": nothing}
    assert found["stored_ms"] == {"p50": None, "p99": None}
    assert json.dumps(found)


async def test_what_is_missing_and_what_is_there_twice_is_counted_from_rows(
    database: Database, tmp_path: Path
) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        since = made.clock.now() - timedelta(minutes=2)
        for second in (1, 2, 2):
            await reading(database, second)
        found = await report.gather(made, since, 4, {"centre": 136.84})
    assert found["readings"] == {"sent": 4, "stored": 3, "duplicated": 1, "missing": 2}
    assert found["stored_ms"] == {"p50": 250.0, "p99": 250.0}
    assert found["memory_mb"] == {"centre": 136.8}


async def test_incidents_clocks_and_notices_of_this_run_only(database: Database, tmp_path: Path) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        since = made.clock.now() - timedelta(minutes=2)
        await reported(made)
        found = await report.gather(made, since, 0, {})
        later = await report.gather(made, since + timedelta(hours=1), 0, {})
    assert found["incidents"] == {"fire": 1}
    assert later["incidents"] == {}
    assert found["clocks"]["village"]["started"] == 1
    assert found["clocks"]["village"]["arrived"] == 0
    [[notices]] = await database.execute("select count(*) from notice")
    assert found["notices"] == {"pending": notices}
    assert notices > 0
