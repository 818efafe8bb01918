"""What only PostgreSQL can show of the alerts store: several connections, triggers, one transaction with ingest."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    START,
    TOWN,
    alarm,
    attached,
    change,
    confirmed,
    emptied,
    incident_id,
    notice,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.evolve import fold
from tocsin.alerts.ports import Change
from tocsin.core.detections import Kind
from tocsin.core.errors import Conflict
from tocsin.store.alerts import PgAlertsStore, PgAlertsUnit
from tocsin.store.connect import connection
from tocsin.store.wakeups import Wakeups

SOON = START + timedelta(seconds=60)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await settle(made)
        yield made


@pytest.fixture
def store(database: Database) -> PgAlertsStore:
    return PgAlertsStore(database.pool, Wakeups(database.dsn))


async def save(store: PgAlertsStore, *changes: Change) -> None:
    async with store.unit() as unit:
        await unit.save(changes)


async def test_two_escalators_never_get_the_same_incident(database: Database, store: PgAlertsStore) -> None:
    await save(store, *(change(n, opened(device=None), deadlines={"a": SOON, "b": SOON}) for n in range(6)))
    await travel(database, SOON)
    async with store.due(4) as (_, first), store.due(10) as (_, second), store.due(10) as (_, third):
        mine, yours = ({incident for incident, _, _ in due} for due in (first, second))
        assert len(mine) == 4
        assert len(yours) == 2
        assert not mine & yours
        assert (len(first), len(second), len(third)) == (8, 4, 0)


async def test_the_places_of_one_transaction_keep_others_out_until_it_ends(store: PgAlertsStore) -> None:
    entered = asyncio.Event()

    async def follow() -> None:
        async with store.unit() as unit:
            await unit.lock_places([(Kind.FIRE, TOWN), (Kind.SMOKE, TOWN)])
            entered.set()

    async with asyncio.TaskGroup() as group:
        async with store.unit() as unit:
            await unit.lock_places([(Kind.SMOKE, TOWN)])
            group.create_task(follow())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await entered.wait()
        async with asyncio.timeout(5):
            await entered.wait()


async def test_many_transactions_that_lock_the_same_places_in_any_order_all_end(store: PgAlertsStore) -> None:
    kinds = list(Kind)

    async def lock(turn: int) -> None:
        async with store.unit() as unit:
            await unit.lock_places([(kind, TOWN) for kind in kinds[turn:] + kinds[:turn]])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for turn in range(len(kinds)):
            group.create_task(lock(turn))


async def test_of_two_decisions_on_one_version_the_second_is_refused(store: PgAlertsStore) -> None:
    begun = change(1, opened())
    await save(store, begun)

    async def decide(name: str) -> str:
        try:
            await save(store, change(1, attached(name), before=begun.incident))
        except Conflict:
            return "refused"
        return "saved"

    outcomes = await asyncio.gather(*(decide(f"alarm-{n}") for n in range(4)))
    assert sorted(outcomes) == ["refused", "refused", "refused", "saved"]


async def test_a_unit_on_a_flush_shares_its_transaction(database: Database, store: PgAlertsStore) -> None:
    class Planned(Exception):
        pass

    async def flush(*, fail: bool) -> None:
        async with connection(database.pool) as borrowed:
            unit = PgAlertsUnit(borrowed, SOON)
            await unit.save_alarms([alarm()])
            await unit.save([change(1, opened(), attached())])
            if fail:
                raise Planned

    with pytest.raises(Planned):
        await flush(fail=True)
    assert await database.execute("select * from incident_event") == []
    await flush(fail=False)
    async with store.unit() as unit:
        (events,) = (await unit.load([incident_id(1)])).values()
    assert {one.recorded for one in events} == {SOON}


@pytest.mark.parametrize("statement", ["update incident_event set body = body", "delete from incident_event"])
async def test_events_cannot_be_changed_or_deleted(
    database: Database, store: PgAlertsStore, statement: str
) -> None:
    await save(store, change(1, opened()))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed"):
        await database.execute(statement)


async def test_no_personal_word_stands_in_an_event(database: Database, store: PgAlertsStore) -> None:
    async with store.unit() as unit:
        await unit.store_note("note-1", incident_id(1), None, "Mrs Li, 13800000000")
        await unit.save([change(1, opened(), *confirmed())])
    rows = await database.execute("select convert_from(body, 'UTF8') from incident_event")
    assert len(rows) == 4
    assert not [body for (body,) in rows if "13800000000" in body or "Ann" in body]


async def test_the_path_of_an_incident_stays_when_the_tree_is_changed(
    database: Database, store: PgAlertsStore
) -> None:
    await save(store, change(1, opened()))
    await database.execute("update grid set path = 'x.' || code, parent = '3301' where code = '3301101201'")
    ((path,),) = await database.execute("select grid_path from incident")
    assert path == "3301.3301101.3301101201"


async def test_the_lateness_of_a_timer_stands_in_its_row(database: Database, store: PgAlertsStore) -> None:
    await save(store, change(1, opened(), deadlines={"a": SOON, "b": SOON + timedelta(hours=1)}))
    await travel(database, SOON + timedelta(milliseconds=3))
    async with store.due(1):
        pass
    rows = await database.execute("select key, fired_at - due_at, cancelled_at from deadline order by key")
    assert rows == [("a", timedelta(milliseconds=3), None), ("b", None, None)]


async def test_a_due_deadline_that_another_decision_caught_up_counts_as_fired(
    database: Database, store: PgAlertsStore
) -> None:
    begun = change(1, opened(), deadlines={"a": SOON, "b": SOON + timedelta(hours=1)})
    await save(store, begun)
    await travel(database, SOON + timedelta(seconds=2))
    await save(store, change(1, attached(), before=begun.incident))
    rows = await database.execute(
        "select key, fired_at is not null, cancelled_at is not null from deadline order by key"
    )
    assert rows == [("a", True, False), ("b", False, True)]


@pytest.mark.heavy
async def test_five_thousand_deadlines_of_one_instant_are_decided_within_three_seconds(
    database: Database, store: PgAlertsStore
) -> None:
    loop = asyncio.get_running_loop()
    for begin in range(0, 5000, 500):
        await save(
            store,
            *(
                change(n, opened(device=None), *confirmed(), deadlines={"hard:village": SOON})
                for n in range(begin, begin + 500)
            ),
        )
    await travel(database, SOON)
    begun = loop.time()
    done = 0
    while done < 5000:
        async with store.due(500) as (unit, due):
            events = await unit.load([incident for incident, _, _ in due])
            changes = []
            for incident, history in events.items():
                number = int(incident.rsplit("-", 1)[1])
                notices = tuple(notice(number, step=step) for step in range(4))
                changes.append(
                    change(
                        number,
                        attached(),
                        before=fold(history),
                        notices=notices,
                        deadlines={"next": SOON + timedelta(minutes=1)},
                    )
                )
            await unit.save(changes)
            done += len(due)
    took = loop.time() - begun
    ((notices_written,),) = await database.execute("select count(*) from notice")
    assert notices_written == 20_000
    assert took < 3.0
