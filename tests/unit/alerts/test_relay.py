import asyncio
from collections.abc import Callable
from datetime import timedelta

from structlog.testing import capture_logs

from tests.support.site import Site, until
from tocsin.alerts.circuit import FAILURES, TRIAL_EVERY
from tocsin.alerts.config import RelayConfig
from tocsin.alerts.ports import (
    GONE,
    Answer,
    ChannelAdapter,
    ClaimedNotice,
    Message,
    Rates,
    RefusedBy,
    Sent,
    Unknown,
)
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.throttle import Rate
from tocsin.core.detections import Phase
from tocsin.core.errors import Transient
from tocsin.core.responders import Channel


class Provider(ChannelAdapter):
    """Answers what it is told to; counts what it was asked."""

    def __init__(
        self,
        channel: Channel,
        answer: Callable[[Message], Answer] = lambda _: Sent("x"),
        *,
        name: str = "",
        rates: Rates | None = None,
        idempotent: bool = True,
        probed: Answer | None = None,
    ) -> None:
        self._channel, self.answer = channel, answer
        self._name, self._rates, self._idempotent = name or channel.value, rates or Rates(), idempotent
        self.probed = probed
        self.probes = 0
        self.asked: list[Message] = []
        self.silent: asyncio.Event | None = None

    @property
    def channel(self) -> Channel:
        return self._channel

    @property
    def provider(self) -> str:
        return self._name

    @property
    def rates(self) -> Rates:
        return self._rates

    @property
    def idempotent(self) -> bool:
        return self._idempotent

    async def probe(self) -> Answer | None:
        self.probes += 1
        return self.probed

    async def send(self, message: Message) -> Answer:
        self.asked.append(message)
        if self.silent is not None:
            await self.silent.wait()
        return self.answer(message)


async def called(*only: str) -> Site:
    """Somebody in the village was called by WeCom; nothing is sent yet."""
    site = Site()
    site.town.people = [one for one in site.town.people if not only or one.person in only]
    await site.policies.keep(site.store)
    await site.take_in(site.at("00:00")._intake("button-1", "call", 0.5, 0.0, Phase.RAISE, raised=True))
    return site


def relay(
    site: Site,
    *providers: Provider,
    config: RelayConfig | None = None,
    person: tuple[Rate, ...] = (),
    link_of: Callable[[ClaimedNotice], str] | None = None,
) -> Relay:
    offered = {
        one.channel: tuple(two for two in providers if two.channel is one.channel) for one in providers
    }
    return Relay(
        site.notices,
        Recorder(site.service),
        Providers(offered, site.reach, clock=site.clock, person=person),
        config=config or RelayConfig(),
        clock=site.clock,
        name="relay",
        wait=site.store.wait,
        link_of=link_of,
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
    site = await called("li")
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
    assert states(site, Channel.WECOM_BOT) == {("expired", "outage")}
    assert site.events().count("notice_settled") == 5


async def test_a_notice_that_expires_after_its_lease_is_not_sent_either() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    made = relay(site, phones)
    claimed = await site.notices.claim("relay", 10, timedelta(seconds=45))
    site.clock.advance(timedelta(hours=2))
    async with asyncio.TaskGroup() as keeping:
        keeping.create_task(made._recorder.run())
        for one in claimed:
            await made._begin([one], keeping)
        await until(lambda: states(site, Channel.WECOM_BOT) == {("expired", "not_sent_in_time")})
        await made._recorder.finish()
    assert phones.asked == []
    assert states(site, Channel.WECOM_BOT) == {("expired", "not_sent_in_time")}


async def test_a_providers_budget_is_kept_and_waiting_costs_no_try() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT, rates=Rates(address=(Rate(3, MINUTE),)))
    for who in ("li", "wang", "zhao", "sun"):
        site.town.addresses[who, Channel.WECOM_BOT] = "one-bot"
    made = relay(site, phones, Provider(Channel.MQTT))
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
    phones = Provider(
        Channel.WECOM_BOT,
        lambda _: RefusedBy("errcode 45009", timedelta(seconds=60), by_account=True),
        rates=Rates(address=(Rate(20, MINUTE),)),
    )
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


async def test_only_a_turn_that_did_its_work_is_a_sign_of_life() -> None:
    site, said = await called(), list[str]()
    made, stop, claim = relay(site, Provider(Channel.WECOM_BOT)), asyncio.Event(), site.notices.claim
    made._alive = lambda: said.append("alive")

    async def flaky(*arguments: object) -> object:
        if not said:
            said.append("failed")
            raise OSError("gone")
        return await claim(*arguments)

    site.notices.claim = flaky
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(made.run(stop))
        await until(lambda: "alive" in said)
        stop.set()
    assert said[:2] == ["failed", "alive"]


async def test_what_was_taken_but_never_noted_is_sent_again_under_the_same_name() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    dying = relay(site, phones)
    lease = timedelta(seconds=RelayConfig().lease_seconds)
    for one in await site.notices.claim("dying", 10, lease):
        if one.notice.channel is Channel.WECOM_BOT:
            await dying._send(
                phones, one, site.clock.monotonic() + 9
            )  # the provider has it; the process ends here
    before = sorted(message.notice for message in phones.asked)
    assert await turn(relay(site, phones)) == 0, "the lease holds"
    site.clock.advance(lease)
    await turn(relay(site, phones, Provider(Channel.MQTT)))
    assert sorted(message.notice for message in phones.asked) == sorted(before * 2)
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}


async def run_for(site: Site, made: Relay, seconds: int) -> None:
    """A turn every second, as when notices keep coming."""
    for _ in range(seconds):
        await turn(made)
        site.clock.advance(timedelta(seconds=1))


async def test_what_a_provider_refuses_for_all_goes_to_the_next_one_at_once() -> None:
    site = await called()
    bad = Provider(Channel.WECOM_BOT, lambda _: RefusedBy("arrears", by_account=True), name="bad")
    good = Provider(Channel.WECOM_BOT, name="good")
    await turn(relay(site, bad, good, Provider(Channel.MQTT)))
    assert len(good.asked) == 4
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}
    assert {row.provider for row in site.notices.rows.values()} == {"good", "mqtt"}


async def test_what_a_provider_refuses_for_an_address_goes_to_no_other_one() -> None:
    site = await called()
    first = Provider(Channel.WECOM_BOT, lambda _: RefusedBy("no such number"), name="first")
    second = Provider(Channel.WECOM_BOT, name="second")
    await turn(relay(site, first, second, Provider(Channel.MQTT)))
    assert second.asked == []
    assert states(site, Channel.WECOM_BOT) == {("failed", "refused")}


async def test_what_may_have_gone_out_is_not_told_twice_by_one_channel() -> None:
    site = await called()
    mute = Provider(Channel.WECOM_BOT, lambda _: Unknown("silence"), name="mute", idempotent=False)
    second = Provider(Channel.WECOM_BOT, name="second")
    mail = Provider(Channel.SMTP)
    made = relay(site, mute, second, mail, Provider(Channel.MQTT))
    await turn(made)
    assert states(site, Channel.WECOM_BOT) == {("failed", "unknown")}
    await turn(made)
    assert second.asked == []
    assert len(mail.asked) == 4, "the other channel is called at once"


async def test_a_repetition_that_is_recognised_stays_with_its_provider() -> None:
    site = await called("li")
    answers = iter([Unknown("silence")])
    first = Provider(Channel.WECOM_BOT, lambda _: next(answers, Sent("x")), name="first")
    second = Provider(Channel.WECOM_BOT, name="second")
    made = relay(site, first, second, Provider(Channel.MQTT))
    await turn(made)
    assert states(site, Channel.WECOM_BOT) == {("pending", "unknown")}
    assert {row.provider for row in site.notices.rows.values() if row.state == "pending"} == {"first"}
    assert second.asked == []


async def test_a_provider_that_is_down_is_passed_over_and_comes_back_by_its_probe() -> None:
    site = await called()
    down = Provider(Channel.WECOM_BOT, lambda _: RefusedBy("gone", RETRY, by_account=True), name="down")
    down.probed = Unknown("silence")
    good = Provider(Channel.WECOM_BOT, name="good")
    made = relay(site, down, good, Provider(Channel.MQTT))
    with capture_logs() as lines:
        await turn(made)
    assert len(down.asked) >= FAILURES
    assert [line["provider"] for line in lines if line["event"] == "provider.down"] == ["down"]
    health = site.reach.providers[Channel.WECOM_BOT, "down"]
    assert (health.up, health.reason) == (False, "gone")
    await run_for(site, made, 5)
    assert down.probes == 1
    down.probed = Sent()
    site.clock.advance(TRIAL_EVERY)
    await turn(made)
    assert site.reach.providers[Channel.WECOM_BOT, "down"].up


async def test_when_all_providers_are_down_the_next_channel_is_called_without_trying() -> None:
    site = await called()
    for _ in range(FAILURES):
        await site.reach.judge(Channel.WECOM_BOT, "wecom_bot", Unknown("silence"))
    phones, mail = Provider(Channel.WECOM_BOT, probed=Unknown("silence")), Provider(Channel.SMTP)
    made = relay(site, phones, mail, Provider(Channel.MQTT))
    await turn(made)
    assert phones.asked == []
    assert states(site, Channel.WECOM_BOT) == {("failed", "provider_down")}
    await turn(made)
    assert len(mail.asked) == 4


async def test_a_provider_without_probe_is_tried_by_one_message_at_a_time() -> None:
    site = await called()
    for _ in range(FAILURES):
        await site.reach.judge(Channel.WECOM_BOT, "wecom_bot", Unknown("silence"))
    phones = Provider(Channel.WECOM_BOT)
    made = relay(site, phones, Provider(Channel.MQTT))
    async with asyncio.TaskGroup() as group:
        await made._providers.refresh(group)
    await turn(made)
    assert len(phones.asked) == 1, "one trial, the others go by another channel"
    assert site.reach.providers[Channel.WECOM_BOT, "wecom_bot"].up


async def test_the_second_provider_takes_what_the_first_has_no_budget_for() -> None:
    site = await called()
    rates = Rates(account=(Rate(1, MINUTE),))
    one = Provider(Channel.WECOM_BOT, name="one", rates=rates)
    two = Provider(Channel.WECOM_BOT, name="two", rates=Rates(account=(Rate(2, MINUTE),)))
    await turn(relay(site, one, two, Provider(Channel.MQTT)))
    assert (len(one.asked), len(two.asked)) == (1, 2)
    assert states(site, Channel.WECOM_BOT) == {("sent", ""), ("pending", "throttled")}


async def test_one_person_is_not_flooded_whatever_the_channels_would_bear() -> None:
    site = await called()
    rich = Rates(account=(Rate(1000, MINUTE),))
    phones = Provider(Channel.WECOM_BOT, rates=rich)
    await turn(relay(site, phones, Provider(Channel.MQTT), person=(Rate(1, MINUTE),)))
    assert len(phones.asked) == 4, "four people, one each"
    keys = set(site.reach.budgets)
    assert {"person:li", "account:wecom_bot:wecom_bot"} <= keys
    assert not any("li@example.org" in key for key in keys), "no address is a key"


async def test_what_would_fit_only_after_its_time_goes_to_the_next_channel_now() -> None:
    site = await called()
    phones = Provider(Channel.WECOM_BOT, rates=Rates(account=(Rate(1, timedelta(hours=1)),)))
    mail = Provider(Channel.SMTP)
    made = relay(site, phones, mail, Provider(Channel.MQTT))
    await turn(made)
    assert len(phones.asked) == 1
    assert states(site, Channel.WECOM_BOT) == {("sent", ""), ("failed", "throttled")}
    await turn(made)
    assert len(mail.asked) == 3


async def test_two_relays_share_one_budget() -> None:
    site = await called()
    phones = Provider(Channel.WECOM_BOT, rates=Rates(account=(Rate(3, MINUTE),)))
    both = [relay(site, phones, config=RelayConfig(concurrency=3)) for _ in range(2)]
    for made in both:
        await turn(made)
    assert len(phones.asked) == 3
    assert ("pending", "throttled") in states(site, Channel.WECOM_BOT)


async def test_nothing_is_asked_of_the_budgets_where_there_are_none() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)
    made = relay(site, phones, Provider(Channel.MQTT))
    site.reach.admit = None
    await turn(made)
    assert states(site, Channel.WECOM_BOT) == {("sent", "")}


async def test_budgets_that_cannot_be_asked_give_the_notices_back() -> None:
    site = await called()
    phones = Provider(Channel.WECOM_BOT, rates=Rates(account=(Rate(3, MINUTE),)))

    async def away(_: object) -> object:
        raise Transient("the database is away")

    site.reach.admit = away
    with capture_logs() as lines:
        await turn(relay(site, phones, Provider(Channel.MQTT)))
    assert states(site, Channel.WECOM_BOT) == {("pending", "busy")}
    assert "relay.chore_failed" in {line["event"] for line in lines}


async def test_a_browser_that_is_gone_is_forgotten() -> None:
    site = await called()
    await turn(relay(site, Provider(Channel.WECOM_BOT, lambda _: RefusedBy(GONE)), Provider(Channel.MQTT)))
    left = {key[0] for key in site.town.addresses if key[1] is Channel.WECOM_BOT}
    assert left == {"chen", "boss"}, "those who were not called keep theirs"


async def test_a_chore_that_fails_keeps_no_notice() -> None:
    site, phones = await called(), Provider(Channel.WECOM_BOT)

    async def ill(_: asyncio.TaskGroup) -> None:
        raise ValueError("ill")

    made = relay(site, phones, Provider(Channel.MQTT))
    made._chores = (ill,)
    with capture_logs() as lines:
        await turn(made)
    assert len(phones.asked) == 4
    assert [line["reason"] for line in lines if line["event"] == "relay.chore_failed"] == ["ill"]


RETRY = timedelta(seconds=3)
MINUTE = timedelta(minutes=1)


async def test_notice_carries_the_link_of_its_person_else_the_plain_address() -> None:
    for given, link in (
        (lambda one: f"https://b/go/{one.notice.person}", "https://b/go/li"),
        (lambda _: "", "https://a/incidents/"),
        (None, "https://a/incidents/"),
    ):
        site, provider = await called("li"), Provider(Channel.WECOM_BOT)
        config = RelayConfig(link_base="https://a/")
        await turn(relay(site, provider, config=config, link_of=given))
        assert [message.link.startswith(link) for message in provider.asked] == [True]
