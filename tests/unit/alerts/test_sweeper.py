"""The chore of the relay: bounded, behind budgets, and no fault of one call stops the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from structlog.testing import capture_logs
from typing_extensions import override

from tests.support.response import ANN, STREET, VILLAGE, in_memory
from tests.unit.alerts.test_sweep import AT, CALL
from tests.unit.alerts.test_tester import Phones
from tocsin.alerts.circuit import FAILURES
from tocsin.alerts.ports import Unknown
from tocsin.alerts.providers import Providers
from tocsin.alerts.sweep import SweepCall, SweepCalls
from tocsin.alerts.sweeper import AT_ONCE, Sweeper
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.store.memory.alerts import MemoryAlertsStore, Town
from tocsin.store.memory.reach import MemoryReachStore


class Calls(SweepCalls):
    """Hands out what waits; remembers what became of it."""

    def __init__(self, waiting: Sequence[SweepCall] = ()) -> None:
        self.waiting = list(waiting)
        self.unknown_grids: list[tuple[str, GridCode]] = []
        self.assigned: dict[tuple[str, GridCode], PersonId | None] = {}
        self.became: dict[str, str] = {}
        self.lost = 0
        self.ours = True

    @override
    async def unlooked(self, most: int) -> Sequence[tuple[str, GridCode]]:
        return self.unknown_grids[:most]

    @override
    async def assign(self, found: Mapping[tuple[str, GridCode], PersonId | None]) -> None:
        self.assigned.update(found)

    @override
    async def remind(self) -> int:
        return 0

    @override
    async def settle_lost(self) -> int:
        return self.lost

    @override
    async def claim(self, most: int) -> Sequence[SweepCall]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    @override
    async def begin(self, call: SweepCall) -> bool:
        return self.ours

    @override
    async def sent(self, call: SweepCall, *, provider: str, provider_id: str) -> None:
        if call.id == "broken":
            raise OSError("the database is away")
        self.became[call.id] = "sent"

    @override
    async def unknown(self, call: SweepCall, reason: str, *, provider: str) -> None:
        self.became[call.id] = f"unknown {reason}"

    @override
    async def refused(self, call: SweepCall, reason: str, *, provider: str) -> None:
        self.became[call.id] = f"refused {reason}"

    @override
    async def postpone(self, call: SweepCall, until: datetime) -> None:
        self.became[call.id] = f"later {(until - AT).total_seconds():g}"


class World:
    def __init__(self, *waiting: SweepCall, phones: Phones | None = None) -> None:
        self.clock, self.calls, self.phones = ManualClock(AT), Calls(waiting), phones or Phones()
        self.reach = MemoryReachStore(self.clock)
        self.providers = Providers({Channel.SMS: (self.phones,)}, self.reach, clock=self.clock, person=())
        self.alerts = MemoryAlertsStore(self.clock, Town())
        self.sweeper = Sweeper(self.calls, self.alerts, self.providers, clock=self.clock, link_base="")

    async def turn(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self.providers.refresh(group)
        async with asyncio.TaskGroup() as group:
            await self.sweeper.turn(group)


def calls(count: int) -> list[SweepCall]:
    return [replace(CALL, id=f"c-{number}", address=f"138{number}") for number in range(count)]


async def test_few_are_on_the_way_at_one_time() -> None:
    world = World(*calls(AT_ONCE * 2))
    await world.turn()
    assert len(world.phones.told) == AT_ONCE
    await world.turn()
    assert len(world.phones.told) == 2 * AT_ONCE


async def test_without_budget_a_call_waits_and_is_not_begun() -> None:
    world = World(*calls(2), phones=Phones(most=1))
    await world.turn()
    assert sorted(world.calls.became.values()) == ["later 60", "sent"]
    assert len(world.phones.told) == 1


async def test_while_all_providers_are_down_a_call_waits() -> None:
    world = World(CALL)
    for _ in range(FAILURES):
        await world.reach.judge(Channel.SMS, "sms", Unknown("silence"))
    await world.reach.try_down(Channel.SMS, "sms")
    await world.turn()
    assert world.calls.became == {"c-1": "later 30"}
    assert world.phones.told == []


async def test_a_channel_that_is_not_there_is_refused_without_sending() -> None:
    none = replace(CALL, id="none", channel=None, address="")
    voice = replace(CALL, id="voice", channel=Channel.VOICE)
    world = World(none, voice)
    with capture_logs() as lines:
        await world.turn()
    assert world.calls.became == {"none": "refused no_channel", "voice": "refused channel_not_offered"}
    assert {line["event"] for line in lines} == {"sweep.call_refused"}


async def test_a_lost_lease_sends_nothing() -> None:
    world = World(CALL)
    world.calls.ours = False
    await world.turn()
    assert world.phones.told == []
    assert world.calls.became == {}


async def test_silence_is_unknown_and_said() -> None:
    world = World(CALL, phones=Phones(lambda: Unknown("silence")))
    with capture_logs() as lines:
        await world.turn()
    assert world.calls.became == {"c-1": "unknown silence"}
    assert "sweep.call_unknown" in {line["event"] for line in lines}


async def test_a_fault_of_one_call_does_not_stop_the_others() -> None:
    world = World(replace(CALL, id="broken"), replace(CALL, id="c-2"))
    with capture_logs() as lines:
        await world.turn()
    assert world.calls.became == {"c-2": "sent"}
    assert "sweep.call_stuck" in {line["event"] for line in lines}


async def test_what_was_lost_is_said() -> None:
    world = World()
    world.calls.lost = 2
    with capture_logs() as lines:
        await world.turn()
    assert [(line["event"], line["count"]) for line in lines] == [("sweep.calls_lost", 2)]


async def test_who_answers_is_looked_up_once_for_a_grid_of_several_sweeps() -> None:
    world = World()
    world.calls.unknown_grids = [("s-1", STREET), ("s-2", STREET), ("s-2", VILLAGE)]
    async with in_memory() as town:
        sweeper = Sweeper(world.calls, town.store, world.providers, clock=world.clock, link_base="")
        async with asyncio.TaskGroup() as group:
            await sweeper.turn(group)
    assert world.calls.assigned == {("s-1", STREET): ANN, ("s-2", STREET): ANN, ("s-2", VILLAGE): ANN}
