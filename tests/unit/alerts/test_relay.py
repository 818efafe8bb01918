import asyncio
from collections.abc import Callable
from datetime import timedelta

from structlog.testing import capture_logs

from tests.support.site import Site, until
from tocsin.alerts.config import ChannelsConfig, RelayConfig, WecomBotConfig
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent, Unknown
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay, rates
from tocsin.core.detections import Phase
from tocsin.core.responders import Channel


class Provider(ChannelAdapter):
    """Answers what it is told to; counts what it was asked."""

    def __init__(self, channel: Channel, answer: Callable[[Message], Answer] = lambda _: Sent("x")) -> None:
        self._channel, self._answer = channel, answer
        self.asked: list[Message] = []
        self.silent: asyncio.Event | None = None

    @property
    def channel(self) -> Channel:
        return self._channel

    async def send(self, message: Message) -> Answer:
        self.asked.append(message)
        if self.silent is not None:
            await self.silent.wait()
        return self._answer(message)


async def called() -> Site:
    """Somebody in the village was called by WeCom; nothing is sent yet."""
    site = Site()
    await site.policies.keep(site.store)
    await site.take_in(site.at("00:00")._intake("button-1", "call", 0.5, 0.0, Phase.RAISE, raised=True))
    return site


def relay(site: Site, *providers: Provider, config: RelayConfig | None = None, **channels: object) -> Relay:
    return Relay(
        site.notices,
        Recorder(site.service),
        {one.channel: (one,) for one in providers},
        config=config or RelayConfig(),
        channels=ChannelsConfig.model_validate(channels),
        clock=site.clock,
        name="relay",
        wait=site.store.wait,
    )


async def turn(made: Relay) -> int:
    async with asyncio.TaskGroup() as keeping:
        keeping.create_task(made._recorder.run())
        async with asyncio.TaskGroup() as sending:
            took = await made.turn(sending)
        await made._recorder.finish()
    return took


def states(site: Site, channel: Channel) -> set[tuple[str, str]]:
    rows = site.notices.rows.values()
    return {(row.state, row.reason.split(":")[0]) for row in rows if row.notice.channel is channel}


async def test_what_a_provider_took_is_sent_and_recorded_once() -> None:
    site, phones, siren = await called(), Provider(Channel.WECOM_BOT), Provider(Channel.MQTT)
    made = relay(site, phones, siren)
    assert await turn(made) == 5
    assert await turn(made) == 0
    assert len(phones.asked) == 4
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}
    assert site.events().count("notice_settled") == 5


async def test_a_channel_that_nobody_offers_fails_over_at_once() -> None:
    site = await called()
    mail = Provider(Channel.SMTP)
    made = relay(site, mail)
    await turn(made)
    assert states(site, Channel.WECOM_BOT) == {("failed", "channel_not_offered")}
    await turn(made)
    assert {one.address for one in mail.asked} == {
        f"{who}@example.org" for who in ("li", "wang", "zhao", "sun")
    }


async def test_a_person_without_address_is_a_named_failure() -> None:
    site = await called()
    site.town.addresses.clear()
    await turn(relay(site, Provider(Channel.WECOM_BOT), Provider(Channel.MQTT)))
    assert states(site, Channel.WECOM_BOT) == {("failed", "no_address")}
    assert states(site, Channel.MQTT) == {("sent", "")}


async def test_silence_is_tried_again_with_a_growing_pause_and_ends_as_failed() -> None:
    site = await called()
    phones = Provider(Channel.WECOM_BOT, lambda _: Unknown("no answer within 8 s"))
    made = relay(site, phones, config=RelayConfig(attempts=3, retry_seconds=2.0))
    seconds = []
    for second in range(20):
        before = len(phones.asked)
        await turn(made)
        seconds += [second for one in phones.asked[before:] if one.address == "li@example.org"]
        site.clock.advance(timedelta(seconds=1))
    assert seconds == [0, 2, 6]
    assert states(site, Channel.WECOM_BOT) == {("failed", "unknown")}


async def test_a_notice_that_would_come_back_too_late_fails_now() -> None:
    site = await called()
    phones = Provider(Channel.WECOM_BOT, lambda _: RefusedBy("closed", timedelta(hours=1)))
    await turn(relay(site, phones, Provider(Channel.MQTT)))
    assert states(site, Channel.WECOM_BOT) == {("failed", "refused")}


async def test_a_notice_that_expired_on_the_way_is_never_sent() -> None:
    site = await called()
    phones, siren = Provider(Channel.WECOM_BOT), Provider(Channel.MQTT)
    made = relay(site, phones, siren)
    site.clock.advance(timedelta(hours=2))
    await turn(made)
    assert phones.asked == siren.asked == []
    assert states(site, Channel.WECOM_BOT) == {("expired", "not_sent_in_time")}
    assert site.events().count("notice_settled") == 5


async def test_a_notice_that_expires_after_its_lease_is_not_sent_either() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    made = relay(site, phones)
    claimed = await site.notices.claim("relay", 10, timedelta(seconds=45))
    site.clock.advance(timedelta(hours=2))
    async with asyncio.TaskGroup() as keeping:
        keeping.create_task(made._recorder.run())
        for one in claimed:
            await made._deliver(one)
        await made._recorder.finish()
    assert phones.asked == []
    assert states(site, Channel.WECOM_BOT) == {("expired", "not_sent_in_time")}


async def test_a_providers_budget_is_kept_and_waiting_costs_no_try() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    for who in ("li", "wang", "zhao", "sun"):
        site.town.addresses[who, Channel.WECOM_BOT] = "one-bot"
    made = relay(site, phones, Provider(Channel.MQTT), wecom_bot=WecomBotConfig(per_minute=3))
    await turn(made)
    assert len(phones.asked) == 3
    [waiting] = [row for row in site.notices.rows.values() if row.state == "pending"]
    assert (waiting.reason, waiting.attempt) == ("throttled", 0)
    site.clock.advance(timedelta(seconds=60))
    await turn(made)
    assert len(phones.asked) == 4


async def test_a_provider_that_says_wait_a_minute_gets_nothing_for_a_minute() -> None:
    site = await called()
    for who in ("li", "wang", "zhao", "sun"):
        site.town.addresses[who, Channel.WECOM_BOT] = "one-bot"
    phones = Provider(Channel.WECOM_BOT, lambda _: RefusedBy("errcode 45009", timedelta(seconds=60)))
    made = relay(site, phones, Provider(Channel.MQTT), config=RelayConfig(channel_concurrency=1))
    for _ in range(8):
        await turn(made)
        site.clock.advance(timedelta(seconds=5))
    assert len(phones.asked) == 1


async def test_one_hanging_provider_takes_only_its_own_places() -> None:
    site, hanging, siren = await called(), Provider(Channel.WECOM_BOT), Provider(Channel.MQTT)
    hanging.silent = asyncio.Event()
    made = relay(site, hanging, siren, config=RelayConfig(channel_concurrency=2))
    async with asyncio.TaskGroup() as keeping:
        keeping.create_task(made._recorder.run())
        async with asyncio.TaskGroup() as sending:
            await made.turn(sending)
            await until(lambda: states(site, Channel.MQTT) == {("sent", "")})
            assert len(hanging.asked) == 2
            hanging.silent.set()
        await made._recorder.finish()
    assert states(site, Channel.WECOM_BOT) == {("sent", ""), ("pending", "busy")}


async def test_a_bug_of_an_adapter_is_a_try_without_answer() -> None:
    site = await called()

    def broken(_: Message) -> Answer:
        raise ZeroDivisionError

    with capture_logs() as lines:
        await turn(relay(site, Provider(Channel.WECOM_BOT, broken), Provider(Channel.MQTT)))
    assert "channel.broken" in {line["event"] for line in lines}
    assert states(site, Channel.WECOM_BOT) == {("pending", "unknown")}


async def test_run_ends_when_told_with_everything_written() -> None:
    site, phones, siren = await called(), Provider(Channel.WECOM_BOT), Provider(Channel.MQTT)
    stop = asyncio.Event()
    made = relay(site, phones, siren)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(made.run(stop))
        await until(lambda: site.events().count("notice_settled") == 5)
        stop.set()
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}


async def test_a_store_that_is_away_for_a_moment_does_not_end_it() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    made, stop, claim = relay(site, phones, Provider(Channel.MQTT)), asyncio.Event(), site.notices.claim
    failures = iter([OSError("gone")])

    async def flaky(*arguments: object) -> object:
        for failure in failures:
            raise failure
        return await claim(*arguments)

    site.notices.claim = flaky
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(made.run(stop))
        await until(lambda: len(phones.asked) == 4)
        stop.set()


async def test_what_was_taken_but_never_noted_is_sent_again_under_the_same_name() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    dying = relay(site, phones)
    lease = timedelta(seconds=RelayConfig().lease_seconds)
    for one in await site.notices.claim("dying", 10, lease):
        if one.notice.channel is Channel.WECOM_BOT:
            await dying._send(phones, one, site.clock.now())  # the provider has it; the process ends here
    before = sorted(message.notice for message in phones.asked)
    assert await turn(relay(site, phones)) == 0, "the lease holds"
    site.clock.advance(lease)
    await turn(relay(site, phones, Provider(Channel.MQTT)))
    assert sorted(message.notice for message in phones.asked) == sorted(before * 2)
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}


def test_only_configured_channels_have_a_budget() -> None:
    assert set(rates(ChannelsConfig())) == {Channel.MQTT}
    assert rates(ChannelsConfig(wecom_bot=WecomBotConfig()))[Channel.WECOM_BOT][0].most == 20
