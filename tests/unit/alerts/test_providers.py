"""What `test_relay` does not show: choosing, keys, blocks, probes of one relay among several."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from tocsin.alerts.circuit import FAILURES, TRIAL_EVERY
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.providers import OFFER_SECONDS, Providers, Wanted
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import ManualClock
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.responders import Channel
from tocsin.store.memory.reach import MemoryReachStore

NOON = datetime(2026, 5, 6, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SMS = Channel.SMS


class Phones(ChannelAdapter):
    def __init__(self, name: str, answer: Answer | None = None, probed: Answer | None = None) -> None:
        self._name, self.answer, self.probed = name, answer or Sent(), probed
        self.told: list[Message] = []
        self.probes = 0
        self.slow: asyncio.Event | None = None

    @property
    def channel(self) -> Channel:
        return SMS

    @property
    def provider(self) -> str:
        return self._name

    @property
    def rates(self) -> Rates:
        return Rates(account=(Rate(100, MINUTE),), address=(Rate(2, MINUTE),))

    async def probe(self) -> Answer | None:
        self.probes += 1
        if isinstance(self.probed, Exception):
            raise self.probed
        return self.probed

    async def send(self, message: Message) -> Answer:
        self.told.append(message)
        if self.slow is not None:
            await self.slow.wait()
        return self.answer


class World:
    def __init__(self, *phones: Phones) -> None:
        self.clock = ManualClock(NOON)
        self.reach = MemoryReachStore(self.clock)
        self.phones = phones
        self.providers = self.another()

    def another(self) -> Providers:
        return Providers({SMS: self.phones}, self.reach, clock=self.clock, person=())

    async def refresh(self, providers: Providers | None = None) -> None:
        self.clock.advance(timedelta(seconds=1))
        async with asyncio.TaskGroup() as group:
            await (providers or self.providers).refresh(group)

    async def down(self, name: str) -> None:
        for _ in range(FAILURES):
            await self.reach.judge(SMS, name, Unknown("silence"))

    def names(self, wanted: Wanted, providers: Providers | None = None) -> list[str]:
        return [one.provider for one in (providers or self.providers).choose(wanted)]


def wanted(*, urgency: int = 0, kept_by: str = "") -> Wanted:
    return Wanted(
        name="n",
        channel=SMS,
        address="13800001111",
        person=PersonId("ann"),
        urgency=urgency,
        since=NOON,
        kept_by=kept_by,
    )


def message() -> Message:
    return Message(
        notice=NoticeId("n"), incident=IncidentId("i"), address="13800001111", title="t", text="t", link="",
        template="call", seconds_left=None,
    )  # fmt: skip


async def test_they_come_in_the_order_of_the_settings() -> None:
    world = World(Phones("first"), Phones("second"))
    await world.refresh()
    assert world.names(wanted()) == ["first", "second"]
    assert world.providers.offers(SMS)
    assert not world.providers.offers(Channel.VOICE)


async def test_what_one_may_have_already_stays_with_it_even_when_it_is_down() -> None:
    world = World(Phones("first", probed=Unknown("silence")), Phones("second"))
    await world.refresh()
    assert world.names(wanted(kept_by="first")) == ["first"]
    await world.down("first")
    await world.refresh()
    assert world.names(wanted(kept_by="first")) == []
    assert world.names(wanted(kept_by="of-old-settings")) == []


async def test_another_relay_learns_within_a_second_that_one_is_down() -> None:
    world = World(Phones("first"), Phones("second"))
    other = world.another()
    await world.refresh(other)
    await world.down("first")
    await world.refresh(other)
    assert world.names(wanted(), other) == ["second"]


async def test_only_one_relay_probes_and_a_probe_brings_it_back() -> None:
    world = World(Phones("first", probed=Sent()))
    other = world.another()
    await world.refresh()
    await world.down("first")
    await world.refresh()
    await world.refresh(other)
    assert world.phones[0].probes == 1
    assert world.reach.providers[SMS, "first"].up


async def test_a_probe_that_fails_is_repeated_after_its_pause() -> None:
    world = World(Phones("first", probed=Unknown("silence")))
    await world.refresh()
    await world.down("first")
    for _ in range(int(TRIAL_EVERY.total_seconds()) + 2):
        await world.refresh()
    assert world.phones[0].probes == 2
    assert not world.reach.providers[SMS, "first"].up


async def test_without_a_probe_the_first_of_a_place_does_not_take_the_trial_while_another_is_up() -> None:
    world = World(Phones("first"), Phones("second"))
    await world.down("first")
    await world.refresh()
    assert world.names(wanted(urgency=0)) == ["second"]
    assert world.names(wanted(urgency=8)) == ["first", "second"]
    assert world.names(wanted(urgency=8)) == ["second"], "one trial at a time"


async def test_a_provider_that_asks_for_a_pause_gets_nothing_from_any_relay() -> None:
    refusal = RefusedBy("too often", timedelta(seconds=60), by_account=True)
    world = World(Phones("first", refusal))
    await world.refresh()
    await world.providers.send(world.phones[0], message(), 5)
    ask = world.another().ask(wanted(), world.phones)
    assert ask is not None
    (admission,) = await world.reach.admit([ask])
    assert admission.until == world.clock.now() + timedelta(seconds=60)
    assert world.reach.providers[SMS, "first"].failures == 0, "being told to wait is no failure"


async def test_a_pause_of_an_address_holds_for_that_address_only() -> None:
    world = World(Phones("first", RefusedBy("too often for this number", timedelta(seconds=60))))
    await world.refresh()
    await world.providers.send(world.phones[0], message(), 5)
    blocked = [key for key, budget in world.reach.budgets.items() if budget.blocked_until]
    assert len(blocked) == 1
    assert blocked[0].startswith("address:sms:first:")
    assert "13800001111" not in blocked[0]


async def test_an_adapter_that_keeps_no_time_limit_or_breaks_is_silence() -> None:
    world = World(Phones("first"))
    await world.refresh()
    world.phones[0].slow = asyncio.Event()
    assert isinstance(await world.providers.send(world.phones[0], message(), 0.01), Unknown)
    world.phones[0].slow = None
    world.phones[0].told = None  # type: ignore[assignment]  # a planted bug
    with capture_logs() as lines:
        assert isinstance(await world.providers.send(world.phones[0], message(), 5), Unknown)
    assert "channel.broken" in {line["event"] for line in lines}
    assert world.reach.providers[SMS, "first"].failures == 2


async def test_a_probe_that_breaks_is_a_failure_and_ends_nothing() -> None:
    world = World(Phones("first", probed=ValueError("bug")))  # type: ignore[arg-type]
    await world.refresh()
    await world.down("first")
    with capture_logs() as lines:
        await world.refresh()
    assert "channel.broken" in {line["event"] for line in lines}


async def test_who_has_which_provider_is_said_now_and_then() -> None:
    world = World(Phones("first"))
    await world.refresh()
    first = world.reach.providers[SMS, "first"].offered
    await world.refresh()
    assert world.reach.providers[SMS, "first"].offered == first
    world.clock.advance(timedelta(seconds=OFFER_SECONDS))
    await world.refresh()
    assert world.reach.providers[SMS, "first"].offered != first
