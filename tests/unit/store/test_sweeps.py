"""Sweeps on PostgreSQL: the roll-call and its scope, and people told once whatever dies between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    CITY,
    OTHER,
    SCHOOL,
    START,
    STREET,
    TOWN,
    VILLAGE,
    emptied,
    settle,
    shared,
    travel,
)
from tocsin.alerts.ports import Answer as Said
from tocsin.alerts.ports import ChannelAdapter, Message, RefusedBy, Sent, Unknown
from tocsin.alerts.providers import Providers
from tocsin.alerts.sweeper import Sweeper
from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.memory.reach import MemoryReachStore
from tocsin.store.sweeps import PgSweepCalls, PgSweeps
from tocsin.store.wakeups import Wakeups
from tocsin.town.sweeps import Answer, NewSweep, RollState, SweepAnswer, SweepKind

CITY_PATH, TOWN_PATH = CITY, f"{CITY}.{TOWN}"
CLEAR = Answer(answer=SweepAnswer.CLEAR)
ORDER = NewSweep(
    id="s-1", grid=CITY, kind=SweepKind.HAZARD, title="查违规电线", words="看楼道。", lasts=timedelta(hours=1),
    remind_after=timedelta(minutes=30), by=CAT,
)  # fmt: skip


class Adapter(ChannelAdapter):
    """Takes messages; `answer` says with what."""

    def __init__(self, channel: Channel, answer: Callable[[], Said] = lambda: Sent("p")) -> None:
        self._channel, self.answer = channel, answer
        self.told: list[Message] = []

    @property
    @override
    def channel(self) -> Channel:
        return self._channel

    @override
    async def send(self, message: Message) -> Said:
        self.told.append(message)
        return self.answer()


@dataclass
class Town:
    """A town of two townships; the first has a village with a street and a school."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    hook: Adapter = field(default_factory=lambda: Adapter(Channel.WEBHOOK))
    mail: Adapter = field(default_factory=lambda: Adapter(Channel.SMTP))

    def __post_init__(self) -> None:
        self.store = PgSweeps(self.database.pool)
        self.calls = PgSweepCalls(self.database.pool)
        self.sweeper = self.relay()

    def relay(self) -> Sweeper:
        adapters = {Channel.WEBHOOK: (self.hook,), Channel.SMTP: (self.mail,)}
        providers = Providers(adapters, MemoryReachStore(self.clock), clock=self.clock, person=())
        alerts = PgAlertsStore(self.database.pool, Wakeups(self.database.dsn))
        return Sweeper(self.calls, alerts, providers, clock=self.clock, link_base="https://bell.example/")

    async def at(self, instant: datetime) -> None:
        self.clock.jump(instant)
        await travel(self.database, instant)

    async def turn(self, sweeper: Sweeper | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            await (sweeper or self.sweeper).turn(group)

    async def outcomes(self) -> dict[tuple[str, int], str | None]:
        rows = await self.database.execute("select person, step, outcome from sweep_call")
        return {(person, step): outcome for person, step, outcome in rows}

    async def states(self, scope: str = "", **more: object) -> dict[str, RollState]:
        rows = await self.store.roll(scope, "s-1", most=100, **more)  # type: ignore[arg-type]  # by name
        return {row.grid: row.state for row in rows}


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def town(shared_database: str) -> AsyncIterator[Town]:
    async with emptied(shared_database) as database:
        await settle(database)
        made = Town(database)
        await made.at(START + timedelta(minutes=1))
        yield made


async def test_every_grid_without_one_below_is_asked_once(town: Town) -> None:
    await town.store.start(ORDER)
    await town.store.start(ORDER)
    assert await town.states() == dict.fromkeys([STREET, SCHOOL, OTHER], RollState.LOOKING)
    await town.store.start(replace(ORDER, id="s-2", level=2))
    rows = await town.store.roll("", "s-2", most=100)
    assert [row.grid for row in rows] == [TOWN, OTHER]


async def test_nobody_to_ask_is_refused_and_nothing_is_kept(town: Town) -> None:
    with pytest.raises(Rejected, match=r"sweep\.empty"):
        await town.store.start(replace(ORDER, level=9))
    assert await town.store.sweep("", "s-1") is None


async def test_each_person_is_told_once_for_all_their_grids(town: Town) -> None:
    await town.store.start(ORDER)
    await town.turn()
    assert [message.text for message in town.hook.told] == [
        "Sweep: 查违规电线. 看楼道。 Answer for name of 3301101201001 and 1 more by 17:01 on 01 May."
    ]
    assert town.hook.told[0].link == "https://bell.example/sweeps/s-1"
    assert await town.states() == {STREET: RollState.ASKED, SCHOOL: RollState.ASKED, OTHER: RollState.NOBODY}
    await town.turn()
    await town.turn(town.relay())
    assert (len(town.hook.told), len(town.mail.told)) == (1, 0)
    assert await town.outcomes() == {(ANN, 1): "sent"}


async def test_who_has_not_answered_is_reminded_once_and_who_has_is_not(town: Town) -> None:
    await town.store.start(ORDER)
    await town.turn()
    await town.store.answer("s-1", STREET, CLEAR, ANN, scope=None)
    await town.at(START + timedelta(minutes=31))
    await town.turn()
    await town.turn()
    assert [message.title for message in town.hook.told] == ["Sweep", "Reminder of a sweep"]
    assert "name of 3301101201901 by" in town.hook.told[1].text, "only what is left is asked for"
    row = (await town.store.roll("", "s-1", state=RollState.ASKED, most=9))[0]
    assert (row.grid, row.reminded, row.told) == (SCHOOL, True, "sent")


async def test_who_answered_everything_is_not_reminded(town: Town) -> None:
    await town.store.start(ORDER)
    await town.turn()
    for grid in (STREET, SCHOOL):
        await town.store.answer("s-1", grid, CLEAR, ANN, scope=None)
    await town.at(START + timedelta(minutes=31))
    await town.turn()
    assert len(town.hook.told) == 1


async def test_what_is_refused_goes_to_the_next_channel_and_then_has_failed(town: Town) -> None:
    town.hook.answer = lambda: RefusedBy("gone")
    await town.store.start(ORDER)
    await town.turn()
    await town.turn()
    assert (len(town.hook.told), len(town.mail.told)) == (1, 1)
    assert await town.outcomes() == {(ANN, 1): "sent"}
    town.mail.answer = lambda: RefusedBy("full")
    await town.at(START + timedelta(minutes=31))
    for _ in range(4):
        await town.turn()
    assert (await town.outcomes())[ANN, 2] == "failed"
    assert (len(town.hook.told), len(town.mail.told)) == (2, 2)


async def test_silence_of_a_provider_is_not_answered_by_telling_twice(town: Town) -> None:
    town.hook.answer = lambda: Unknown("no answer")
    await town.store.start(ORDER)
    for minutes in range(5):
        await town.at(START + timedelta(minutes=1 + minutes))
        await town.turn()
    assert await town.outcomes() == {(ANN, 1): "unknown"}
    assert (len(town.hook.told), len(town.mail.told)) == (1, 0)


async def test_a_relay_that_dies_before_sending_leaves_the_call_to_another(town: Town) -> None:
    await town.store.start(ORDER)
    await town.calls.assign({("s-1", STREET): ANN})
    (taken,) = await town.calls.claim(10)
    assert taken.person == ANN
    assert await town.calls.claim(10) == []
    await town.at(START + timedelta(minutes=4))
    await town.turn(town.relay())
    assert len(town.hook.told) == 1
    assert not await town.calls.begin(taken), "who comes back late has lost the lease"


async def test_a_relay_that_dies_while_sending_leaves_it_unknown_and_the_reminder_follows(town: Town) -> None:
    await town.store.start(ORDER)
    await town.calls.assign({("s-1", STREET): ANN})
    (taken,) = await town.calls.claim(10)
    assert await town.calls.begin(taken)  # and it dies here: nobody knows whether it went out
    await town.at(START + timedelta(minutes=10))
    for _ in range(3):
        await town.turn(town.relay())
    assert town.hook.told == []
    assert await town.outcomes() == {(ANN, 1): "unknown"}
    await town.calls.sent(taken, provider="late", provider_id="x")
    assert await town.outcomes() == {(ANN, 1): "unknown"}
    await town.at(START + timedelta(minutes=31))
    await town.turn(town.relay())
    assert [message.title for message in town.hook.told] == ["Reminder of a sweep"]


async def test_a_lease_that_another_took_over_begins_nothing(town: Town) -> None:
    await town.store.start(ORDER)
    await town.calls.assign({("s-1", STREET): ANN})
    (slow,) = await town.calls.claim(10)
    await town.at(START + timedelta(minutes=4))
    (quick,) = await town.calls.claim(10)
    assert quick.id == slow.id
    assert not await town.calls.begin(slow)
    assert await town.calls.begin(quick)
    await town.at(START + timedelta(minutes=8))
    assert await town.calls.claim(10) == [], "what was begun is never handed out again"


async def test_two_relays_at_once_tell_nobody_twice(town: Town) -> None:
    await town.store.start(ORDER)
    relays = [town.relay() for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(town.turn(relay) for relay in relays))
    assert len(town.hook.told) == 1


async def test_after_its_time_or_its_end_nobody_is_told(town: Town) -> None:
    await town.store.start(ORDER)
    await town.calls.assign({("s-1", STREET): ANN})
    await town.at(START + timedelta(hours=2))
    await town.turn()
    assert await town.outcomes() == {(ANN, 1): "expired"}
    await town.store.start(replace(ORDER, id="s-2"))
    await town.calls.assign({("s-2", STREET): BOB})
    await town.store.end("s-2", CAT)
    await town.turn()
    assert (await town.outcomes())[BOB, 1] == "cancelled"
    assert town.hook.told == []
    assert await town.calls.unlooked(10) == []


async def test_an_answer_counts_is_corrected_and_is_late_after_the_limit(town: Town) -> None:
    await town.store.start(ORDER)
    await town.turn()
    found = Answer(answer=SweepAnswer.FOUND, found=3, words="三处")
    first = await town.store.answer("s-1", STREET, found, ANN, scope=None)
    assert (first.state, first.found, first.answered_by) == (RollState.ANSWERED, 3, ANN)
    await town.at(START + timedelta(hours=3))
    again = await town.store.answer("s-1", STREET, replace(found, found=4), CAT, scope=TOWN_PATH)
    assert (again.state, again.found, again.answered, again.answered_by) == (
        RollState.ANSWERED, 4, first.answered, ANN,
    )  # fmt: skip
    late = await town.store.answer("s-1", SCHOOL, Answer(answer=SweepAnswer.UNABLE), ANN, scope=None)
    assert late.state is RollState.LATE
    shown = await town.store.sweep("", "s-1")
    assert shown is not None
    counts = shown.counts
    assert (counts.total, counts.answered, counts.late, counts.found, counts.unable, counts.items) == (
        3,
        2,
        1,
        1,
        1,
        4,
    )
    await town.store.end("s-1", CAT)
    await town.at(START + timedelta(days=8))
    with pytest.raises(Rejected, match=r"sweep\.over"):
        await town.store.answer("s-1", OTHER, CLEAR, CAT, scope="")


async def test_a_person_answers_for_their_own_grids_only(town: Town) -> None:
    await town.store.start(ORDER)
    await town.turn()
    await town.store.answer("s-1", SCHOOL, CLEAR, BOB, scope=None)  # of the same village, though Ann was told
    for grid, who in ((OTHER, ANN), (STREET, PersonId("nobody")), (GridCode("99"), ANN), (VILLAGE, ANN)):
        with pytest.raises(NotFound, match=r"sweep\.unknown"):
            await town.store.answer("s-1", grid, CLEAR, who, scope=None)
    assert await town.states(person=ANN) == {STREET: RollState.ASKED, SCHOOL: RollState.ANSWERED}
    (mine,) = await town.store.sweeps_of(ANN, most=10)
    assert (mine.counts.total, mine.counts.answered) == (2, 1)
    assert await town.store.sweeps_of(PersonId("nobody"), most=10) == []
    assert await town.store.sweeps_of(ANN, most=10, sweep="other") == []


async def test_a_township_sees_its_part_of_a_sweep_of_the_city_and_nothing_of_its_neighbour(
    town: Town,
) -> None:
    await town.store.start(ORDER)
    await town.store.start(replace(ORDER, id="s-2", grid=OTHER))
    other = f"{CITY}.{OTHER}"
    assert await town.states(TOWN_PATH) == dict.fromkeys([STREET, SCHOOL], RollState.LOOKING)
    own = await town.store.sweep(TOWN_PATH, "s-1")
    assert own is not None
    assert own.counts.total == 2
    assert await town.store.sweep(TOWN_PATH, "s-2") is None
    assert {one.id for one in await town.store.sweeps(TOWN_PATH, before=None, most=10)} == {"s-1"}
    assert {one.id for one in await town.store.sweeps(other, before=None, most=10)} == {"s-1", "s-2"}
    assert [part.grid for part in await town.store.parts(TOWN_PATH, "s-1")] == [VILLAGE]
    assert [(part.grid, part.counts.total) for part in await town.store.parts("", "s-1")] == [
        (TOWN, 2),
        (OTHER, 1),
    ]
    assert [part.grid for part in await town.store.parts("", "s-2")] == [OTHER]
    with pytest.raises(NotFound):
        await town.store.answer("s-1", OTHER, CLEAR, CAT, scope=TOWN_PATH)


async def test_the_roll_is_paged_by_path(town: Town) -> None:
    await town.store.start(ORDER)
    first = await town.store.roll("", "s-1", most=2)
    rest = await town.store.roll("", "s-1", after=first[-1].path, most=2)
    assert [row.grid for row in [*first, *rest]] == [STREET, SCHOOL, OTHER]
