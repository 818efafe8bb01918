from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.support.reach import FakeTrials, trial
from tocsin.alerts.circuit import FAILURES
from tocsin.alerts.config import ChannelTestConfig
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.providers import Providers
from tocsin.alerts.reach_ports import TrialRow
from tocsin.alerts.tester import AT_ONCE, WEEKLY_MOST, ChannelTester
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel
from tocsin.store.memory.reach import MemoryReachStore

NOON = datetime(2026, 5, 6, 4, 0, tzinfo=UTC)
"""A Wednesday, in Beijing."""


class Phones(ChannelAdapter):
    def __init__(self, answer: Callable[[], Answer] = lambda: Sent("p-1"), most: int = 100) -> None:
        self.answer, self.told, self._most = answer, list[Message](), most

    @property
    def channel(self) -> Channel:
        return Channel.SMS

    @property
    def rates(self) -> Rates:
        return Rates(account=(Rate(self._most, timedelta(minutes=1)),))

    async def send(self, message: Message) -> Answer:
        self.told.append(message)
        return self.answer()


class World:
    def __init__(self, phones: Phones | None = None, config: ChannelTestConfig | None = None) -> None:
        self.clock, self.trials, self.phones = ManualClock(NOON), FakeTrials(), phones or Phones()
        self.reach = MemoryReachStore(self.clock)
        self.providers = Providers({Channel.SMS: (self.phones,)}, self.reach, clock=self.clock, person=())
        self.tester = ChannelTester(
            self.trials,
            self.providers,
            config or ChannelTestConfig(),
            clock=self.clock,
            link_base="https://bell.example",
            token=lambda: "token",
        )

    async def turn(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self.providers.refresh(group)
        async with asyncio.TaskGroup() as group:
            await self.tester.turn(group)


async def test_a_test_is_sent_with_a_token_of_which_only_the_hash_is_kept() -> None:
    world = World()
    world.trials.waiting = [trial()]
    await world.turn()
    (message,) = world.phones.told
    assert message.link == "https://bell.example/test/token"
    assert world.trials.tokens == {"t-1": sha256(b"token").digest()}
    assert world.trials.outcomes == {"t-1": ("sms", "sent p-1")}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(RefusedBy("no such number"), "refused: no such number"), (Unknown("silence"), "unknown: silence")],
)
async def test_a_test_that_was_not_taken_has_failed_with_its_reason(answer: Answer, reason: str) -> None:
    world = World(Phones(lambda: answer))
    world.trials.waiting = [trial()]
    with capture_logs() as lines:
        await world.turn()
    assert world.trials.outcomes == {"t-1": ("sms", reason)}
    assert "test.failed" in {line["event"] for line in lines}


async def test_a_channel_that_is_not_there_and_a_missing_address_fail_without_sending() -> None:
    world = World()
    world.trials.waiting = [trial(1, Channel.VOICE), trial(2, address="")]
    await world.turn()
    assert world.trials.outcomes == {"t-1": ("", "channel_not_offered"), "t-2": ("", "no_address")}
    assert world.phones.told == []


async def test_a_provider_that_is_down_is_not_asked() -> None:
    world = World()
    for _ in range(FAILURES):
        await world.reach.judge(Channel.SMS, "sms", Unknown("silence"))
    await world.reach.try_down(Channel.SMS, "sms")
    world.trials.waiting = [trial()]
    await world.turn()
    assert world.trials.outcomes == {"t-1": ("", "provider_down")}


async def test_a_test_without_budget_is_left_for_later() -> None:
    world = World(Phones(most=1))
    world.trials.waiting = [trial(1), trial(2)]
    await world.turn()
    assert len(world.phones.told) == 1
    assert len(world.trials.outcomes) == 1


async def test_few_tests_are_on_the_way_at_one_time() -> None:
    world = World()
    world.trials.waiting = [trial(number) for number in range(20)]
    await world.turn()
    assert len(world.phones.told) == AT_ONCE


async def test_the_week_is_ordered_a_few_a_minute_and_only_when_it_is_wanted() -> None:
    known = [(PersonId(f"p-{number}"), Channel.SMS, None) for number in range(200)]
    world = World(config=ChannelTestConfig(weekly=True, weekdays=(1, 3)))
    world.trials.known = known
    await world.turn()
    await world.turn()
    assert len(world.trials.ordered) == WEEKLY_MOST
    assert {by for _, _, by in world.trials.ordered} == {"system"}
    world.clock.advance(timedelta(seconds=60))
    await world.turn()
    assert len(world.trials.ordered) == 2 * WEEKLY_MOST
    silent = World()
    silent.trials.known = known
    await silent.turn()
    assert silent.trials.ordered == []


async def test_who_cannot_be_reached_and_how_channels_do_is_measured() -> None:
    world = World()
    world.trials.silent = [
        (PersonId("a"), "A", "no_contact"),
        (PersonId("b"), "B", "no_contact"),
        (PersonId("c"), "C", "tests_failed"),
    ]
    world.trials.listed = [
        TrialRow(
            id=f"t-{person}-{score}", person=PersonId(person), person_name="", channel=Channel.SMS, provider="p",
            asked=NOON, outcome="sent", reason="", settled=NOON, answered=None, score=score,
        )
        for person, score in (("a", 1.0), ("a", 0.0), ("b", 0.5), ("c", None))
    ]  # fmt: skip
    await world.turn()

    def value(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, labels)

    assert value("tocsin_alerts_people_unreachable", reason="no_contact") == 2
    assert value("tocsin_alerts_people_unreachable", reason="tests_failed") == 1
    assert value("tocsin_alerts_channel_answered_ratio", channel="sms") == 0.75


async def test_a_contact_that_went_away_harms_no_other() -> None:
    world = World(config=ChannelTestConfig(weekly=True, weekdays=(1, 3)))
    world.trials.known = [(PersonId(f"p-{number}"), Channel.SMS, None) for number in range(200)]
    calls = 0

    async def gone(*_: object) -> list[str]:
        nonlocal calls
        calls += 1
        raise Rejected("channel.no_contact", "gone")

    world.trials.ask = gone
    await world.turn()
    assert calls == WEEKLY_MOST


async def test_a_store_that_fails_ends_no_relay() -> None:
    world = World()
    world.trials.waiting = [trial()]

    async def away(*_: object) -> None:
        raise OSError("away")

    world.trials.name_token = away
    with capture_logs() as lines:
        await world.turn()
    assert "test.stuck" in {line["event"] for line in lines}
