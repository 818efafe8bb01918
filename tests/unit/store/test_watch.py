"""What the watcher sees through its own connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from psycopg.conninfo import make_conninfo

from tests.support.database import Database, Server
from tests.support.response import (
    START,
    TOWN,
    VILLAGE,
    change,
    emptied,
    incident_id,
    notice,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.watch import Sight
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.wakeups import Wakeups
from tocsin.store.watch import PgTower

S = timedelta(seconds=1)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Seen:
    database: Database
    tower: PgTower
    store: PgAlertsStore

    async def look(self) -> Sight:
        return await self.tower.look(overdue=5 * S, unsent=10 * S, gone=180 * S)


@pytest.fixture
async def seen(shared_database: str) -> AsyncIterator[Seen]:
    async with emptied(shared_database) as database:
        await database.execute("truncate beat, watch_finding, provider_health, quarantine")
        await settle(database)
        tower = PgTower(database.dsn, ManualClock(START + 2 * S), timeout_seconds=2)
        try:
            yield Seen(database, tower, PgAlertsStore(database.pool, Wakeups(database.dsn)))
        finally:
            await tower.close()


async def save(seen: Seen, *changes: object) -> None:
    async with seen.store.unit() as unit:
        await unit.save(changes)  # type: ignore[arg-type]


async def test_a_quiet_centre_shows_its_clock_and_nothing_else(seen: Seen) -> None:
    assert await seen.look() == Sight(now=START, clock=START + 2 * S)


async def test_the_oldest_deadline_that_did_not_fire_is_named(seen: Seen) -> None:
    await save(
        seen,
        change(1, opened(), deadlines={"confirm:1": START + 60 * S}),
        change(2, opened(device=None), deadlines={"confirm:1": START + 58 * S}),
    )
    await travel(seen.database, START + 63 * S)
    assert (await seen.look()).overdue is None
    await travel(seen.database, START + 65 * S + 1 * S)
    overdue = (await seen.look()).overdue
    assert overdue is not None
    assert (overdue.count, overdue.example, overdue.oldest) == (2, incident_id(2), START + 58 * S)


async def test_an_urgent_notice_that_stays_is_named_and_a_calm_or_dead_one_is_not(seen: Seen) -> None:
    await save(
        seen,
        change(
            1,
            opened(),
            notices=(
                notice(1, step=1, priority=1),
                notice(1, step=2, priority=2),
                notice(1, step=3, priority=0, lasts=timedelta(seconds=5)),
                notice(1, step=4, priority=0, after=60 * S),
            ),
        ),
    )
    await travel(seen.database, START + 10 * S)
    assert (await seen.look()).unsent is None
    await travel(seen.database, START + 11 * S)
    unsent = (await seen.look()).unsent
    assert unsent is not None
    assert (unsent.count, unsent.oldest, unsent.example, unsent.detail) == (
        1,
        START,
        incident_id(1),
        "webhook",
    )


async def test_an_urgent_notice_that_a_dead_relay_holds_is_named_too(seen: Seen) -> None:
    await save(seen, change(1, opened(), notices=(notice(1, priority=0),)))
    assert len(await PgNoticeStore(seen.database.pool).claim("dead", 10, 45 * S)) == 1
    await travel(seen.database, START + 11 * S)
    unsent = (await seen.look()).unsent
    assert unsent is not None
    assert (unsent.count, unsent.oldest) == (1, START)


async def test_collectors_that_are_not_heard_of_are_named_by_township(seen: Seen) -> None:
    add = "insert into collector (id, partition, grid, name, secret_hash, heartbeat_at, link, enabled) values (%s, 1, %s, 'x', 'x', %s, %s, %s)"
    old, new = START - 181 * S, START - 179 * S
    await seen.database.execute(add, "gone", VILLAGE, old, "online", True)
    await seen.database.execute(add, "here", VILLAGE, new, "online", True)
    await seen.database.execute(add, "stopped", VILLAGE, old, "stopped", True)
    await seen.database.execute(add, "off", VILLAGE, old, "online", False)
    (township,) = (await seen.look()).townships
    assert (township.code, township.collectors, township.gone) == (TOWN, 2, ("gone",))


async def test_messages_put_aside_and_providers_that_are_down_are_counted(seen: Seen) -> None:
    put = "insert into quarantine (received, topic, collector, lane, code, reason, trace, payload, state) values (%s, 't', 'box', %s, 'c', 'r', '', '', %s)"
    for lane, state in (("alarm", "held"), ("data", "held"), ("alarm", "dropped")):
        await seen.database.execute(put, START, lane, state)
    health = "insert into provider_health (channel, provider, up, since, reason, offered) values (%s, %s, %s, %s, 'timeout', %s)"
    await seen.database.execute(health, "sms", "aliyun", False, START, START)
    await seen.database.execute(health, "sms", "tencent", True, START, START)
    await seen.database.execute(health, "voice", "aliyun", False, START, START)
    await seen.database.execute(health, "smtp", "left out of the settings", False, START, START - 900 * S)
    sight = await seen.look()
    assert (sight.quarantined, sight.calls_held) == (2, 1)
    assert [(one.channel, one.provider, one.alone) for one in sight.providers] == [
        ("sms", "aliyun", False),
        ("voice", "aliyun", True),
    ]


async def test_a_server_that_takes_no_writes_is_refused_or_seen(seen: Seen) -> None:
    assert (await seen.look()).writable
    async with seen.tower.within() as connection:
        await connection.execute("set default_transaction_read_only = on")
    assert not (await seen.look()).writable
    await seen.tower.close()
    name = seen.database.dsn
    refusing = PgTower(make_conninfo(name, options="-c default_transaction_read_only=on"), ManualClock(START))
    with pytest.raises(Transient):
        await refusing.look(overdue=S, unsent=S, gone=S)


async def test_a_connection_that_broke_is_made_anew(seen: Seen) -> None:
    await seen.look()
    await seen.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tocsin-watch' and datname = current_database()"
    )
    with pytest.raises(Transient):
        await seen.look()
    assert (await seen.look()).now == START


async def test_a_database_that_hangs_is_given_up_within_the_limit(seen: Seen) -> None:
    async with seen.tower.within():
        pass
    seen.tower._timeout = 0.2
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Transient, match=r"within 0\.2 s"):
        async with seen.tower.within() as connection:
            await connection.execute("select pg_sleep(5)")
    assert loop.time() - began < 2


async def test_a_port_that_swallows_everything_is_no_database() -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(1)
        dsn = f"host=127.0.0.1 port={hole.getsockname()[1]} dbname=x user=x"
        tower = PgTower(dsn, ManualClock(START), timeout_seconds=0.3)
        with pytest.raises(Transient, match="did not answer"):
            await tower.look(overdue=S, unsent=S, gone=S)


async def test_incidents_are_drawn_for_an_audit(seen: Seen) -> None:
    await save(seen, *(change(number, opened(device=None)) for number in range(1, 6)))
    found = await seen.tower.audit(2, [incident_id(9)])
    assert len(found) == 2
    assert all(one.whole and one.open for one in found)
    again = await seen.tower.audit(1, [incident_id(1), incident_id(2)])
    assert {incident_id(1), incident_id(2)} <= {one.incident for one in again}
