"""What every `ReachStore` promises, in memory and in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.response import START, emptied, shared, travel
from tocsin.alerts.circuit import FAILURES, TRIAL_EVERY
from tocsin.alerts.ports import RefusedBy, Sent, Unknown
from tocsin.alerts.reach_ports import ReachStore
from tocsin.alerts.throttle import Ask, Choice, Rate
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel
from tocsin.store.memory.reach import MemoryReachStore
from tocsin.store.reach import PgReachStore

S = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
SMS = Channel.SMS


@dataclass
class Reach:
    store: ReachStore
    travel: Callable[[datetime], Awaitable[None]]


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def reach(request: pytest.FixtureRequest) -> AsyncIterator[Reach]:
    if request.param == "memory":
        clock = ManualClock(START)

        async def jump(to: datetime) -> None:
            clock.jump(to)

        yield Reach(MemoryReachStore(clock), jump)
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await travel(database, START)

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        yield Reach(PgReachStore(database.pool), to)


def ask(name: str, *keys: str, most: int = 2, person: str = "", urgency: int = 0) -> Ask:
    wants = tuple((key, (Rate(most, MINUTE),)) for key in keys)
    return Ask(name, urgency, START, (Choice("aliyun", wants),), person)


async def waits(reach: Reach, *asks: Ask) -> list[datetime | None]:
    return [one.until for one in await reach.store.admit(asks)]


async def test_the_salt_stays_the_same(reach: Reach) -> None:
    salt = await reach.store.salt()
    assert len(salt) == 32
    assert await reach.store.salt() == salt


async def test_what_was_spent_is_remembered_between_batches(reach: Reach) -> None:
    assert await waits(reach, ask("a", "k")) == [None]
    await reach.travel(START + 10 * S)
    assert await waits(reach, ask("b", "k"), ask("c", "k")) == [None, START + MINUTE]
    await reach.travel(START + MINUTE)
    assert await waits(reach, ask("c", "k")) == [None]
    assert await waits(reach, ask("d", "k")) == [START + MINUTE + 10 * S]


async def test_keys_do_not_touch_each_other(reach: Reach) -> None:
    assert await waits(reach, ask("a", "k", most=1), ask("b", "other", most=1)) == [None, None]
    assert await waits(reach, ask("c", "k", "third", most=1)) == [START + MINUTE]
    assert await waits(reach, ask("d", "third", most=1)) == [None]


async def test_the_least_recently_contacted_goes_first_across_batches(reach: Reach) -> None:
    await waits(reach, ask("a", "first", person="person:ann"))
    asks = (ask("b", "k", most=1, person="person:ann"), ask("c", "k", most=1, person="person:bob"))
    assert await waits(reach, *asks) == [START + MINUTE, None]


async def test_a_block_holds_for_all_and_is_never_shortened(reach: Reach) -> None:
    await reach.store.block("k", START + 50 * S)
    await reach.store.block("k", START + 20 * S)
    assert await waits(reach, ask("a", "k")) == [START + 50 * S]
    await reach.travel(START + 50 * S)
    assert await waits(reach, ask("a", "k")) == [None]


async def test_batches_at_one_time_never_spend_more_than_there_is(reach: Reach) -> None:
    keys = ("account", "address")
    batches = [
        [ask(f"{batch}-{n}", *(keys if batch % 2 else reversed(keys)), most=10) for n in range(5)]
        for batch in range(8)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(waits(reach, *one)) for one in batches]
    admitted = [wait for task in tasks for wait in task.result() if wait is None]
    assert len(admitted) == 10


async def test_a_provider_is_well_until_its_answers_say_otherwise(reach: Reach) -> None:
    await reach.store.offer([(SMS, "aliyun"), (SMS, "tencent")])
    for _ in range(FAILURES):
        await reach.store.judge(SMS, "aliyun", Unknown("no answer"))
    await reach.store.judge(SMS, "tencent", RefusedBy("no such number"))
    found = {one.provider: (one.up, one.failures, one.reason) for one in await reach.store.healths()}
    assert found == {"aliyun": (False, FAILURES, "no answer"), "tencent": (True, 0, "")}
    await reach.travel(START + 9 * S)
    health = await reach.store.judge(SMS, "aliyun", Sent())
    assert (health.up, health.since, health.last_ok) == (True, START + 9 * S, START + 9 * S)


async def test_offering_again_keeps_the_health(reach: Reach) -> None:
    await reach.store.judge(SMS, "aliyun", Unknown("no answer"))
    await reach.travel(START + S)
    await reach.store.offer([(SMS, "aliyun")])
    (health,) = await reach.store.healths()
    assert (health.failures, health.offered) == (1, START + S)


async def test_what_is_down_is_tried_by_one_at_a_time(reach: Reach) -> None:
    assert not await reach.store.try_down(SMS, "aliyun")
    await reach.store.offer([(SMS, "aliyun")])
    assert not await reach.store.try_down(SMS, "aliyun"), "it is up"
    for _ in range(FAILURES):
        await reach.store.judge(SMS, "aliyun", Unknown("no answer"))
    tries = await asyncio.gather(*(reach.store.try_down(SMS, "aliyun") for _ in range(4)))
    assert sum(tries) == 1
    await reach.travel(START + TRIAL_EVERY)
    assert await reach.store.try_down(SMS, "aliyun")
