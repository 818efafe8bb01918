"""Tests of channels, subscriptions and the list of providers on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    START,
    TOWN,
    VILLAGE,
    change,
    confirmed,
    emptied,
    notice,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.ports import Unknown
from tocsin.alerts.reach_ports import Receipt
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Outcome
from tocsin.core.responders import Channel
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.reach import PgReachStore
from tocsin.store.replies import PgReplyStore
from tocsin.store.trials import PgTrialStore
from tocsin.store.wakeups import Wakeups

HOUR = timedelta(hours=1)


@dataclass
class Trials:
    database: Database
    store: PgTrialStore

    async def at(self, after: timedelta) -> None:
        await travel(self.database, START + after)

    async def sent(self, person: PersonId, channel: Channel, token: str = "token") -> str:  # noqa: S107 no secret
        (name,) = await self.store.ask(person, [channel], "op")
        await self.store.claim(10)
        await self.store.name_token(name, sha256(token.encode()).digest())
        await self.store.sent(name, provider="p", provider_id=f"id-{name}")
        return name


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def trials(shared_database: str) -> AsyncIterator[Trials]:
    async with emptied(shared_database) as database:
        await settle(database)
        yield Trials(database, PgTrialStore(database.pool))


async def test_all_channels_of_a_person_are_tested_each_once(trials: Trials) -> None:
    assert len(await trials.store.ask(ANN, [], "op")) == 2
    assert await trials.store.ask(ANN, [], "op") == [], "they are on their way"
    claimed = {one.channel: one for one in await trials.store.claim(10)}
    assert set(claimed) == {Channel.WEBHOOK, Channel.SMTP}
    assert claimed[Channel.SMTP].address == "ann@example.org"
    assert (claimed[Channel.SMTP].person_name, claimed[Channel.SMTP].language) == ("Ann", "en")
    assert await trials.store.claim(10) == []


async def test_a_test_without_address_or_person_is_refused_with_a_sentence(trials: Trials) -> None:
    with pytest.raises(Rejected, match="has no address for sms"):
        await trials.store.ask(ANN, [Channel.SMS], "op")
    with pytest.raises(Rejected, match="any channel"):
        await trials.store.ask(BOB, [], "op")
    with pytest.raises(NotFound, match="no active person"):
        await trials.store.ask(PersonId("nobody"), [], "op")


async def test_a_test_whose_relay_died_comes_back_and_an_old_one_does_not(trials: Trials) -> None:
    await trials.store.ask(CAT, [], "op")
    assert len(await trials.store.claim(10)) == 1
    await trials.at(timedelta(minutes=2))
    assert len(await trials.store.claim(10)) == 1
    await trials.at(HOUR)
    assert await trials.store.claim(10) == []


async def test_the_first_answer_within_a_day_counts(trials: Trials) -> None:
    name = await trials.sent(ANN, Channel.SMTP)
    await trials.at(HOUR)
    row = await trials.store.answer(sha256(b"token").digest())
    assert row is not None
    assert (row.id, row.answered, row.score) == (name, START + HOUR, 1.0)
    await trials.at(2 * HOUR)
    again = await trials.store.answer(sha256(b"token").digest())
    assert again is not None
    assert again.answered == START + HOUR
    assert await trials.store.answer(sha256(b"other").digest()) is None


async def test_an_answer_after_a_week_is_none(trials: Trials) -> None:
    await trials.sent(ANN, Channel.SMTP)
    await trials.at(timedelta(days=7))
    assert await trials.store.answer(sha256(b"token").digest()) is None


async def test_a_person_and_channel_is_scored_by_the_last_eight_tests(trials: Trials) -> None:
    for number in range(10):
        await trials.at(number * 24 * HOUR)
        await trials.sent(ANN, Channel.SMTP, f"token-{number}")
        if number in {0, 1, 2, 3, 4, 5}:
            await trials.store.answer(sha256(f"token-{number}".encode()).digest())
    rows = await trials.store.rows("", ANN, 100)
    assert [row.asked for row in rows] == sorted((row.asked for row in rows), reverse=True)
    assert {row.score for row in rows} == {0.5}, "numbers 2 to 9: four of eight"


async def test_an_answer_by_short_message_is_for_the_newest_test_of_a_day(trials: Trials) -> None:
    await trials.sent(ANN, Channel.SMTP)
    assert not await trials.store.answer_of(ANN, Channel.SMS)
    assert await trials.store.answer_of(ANN, Channel.SMTP)
    await trials.at(25 * HOUR)
    assert not await trials.store.answer_of(ANN, Channel.SMTP)


async def test_a_receipt_settles_a_test(trials: Trials) -> None:
    name = await trials.sent(ANN, Channel.SMTP)
    replies = PgReplyStore(trials.database.pool)
    await replies.keep([Receipt(provider="smtp/p", provider_id=f"id-{name}", delivered=True)])
    (one,) = await replies.unsettled(10)
    assert one.trial == name
    await replies.settle(one)
    assert [row.outcome for row in await trials.store.rows("", ANN, 10)] == ["delivered"]
    assert await replies.told_by("smtp/p", f"id-{name}") == (ANN, None)
    assert await replies.told_by("smtp/other", f"notice:test-{name}") == (ANN, None)


async def test_everybody_who_may_be_called_is_listed_with_their_last_test(trials: Trials) -> None:
    await trials.sent(ANN, Channel.SMTP)
    assert await trials.store.contacts() == [
        (ANN, Channel.SMTP, START),
        (ANN, Channel.WEBHOOK, None),
        (CAT, Channel.SMTP, None),
    ]


async def test_who_has_no_working_channel_is_visible(trials: Trials) -> None:
    assert await trials.store.unreachable("") == [(BOB, "Bob", "no_contact")]
    (name,) = await trials.store.ask(CAT, [], "op")
    await trials.store.failed(name, "refused: no such box", "p")
    assert (CAT, "Cat", "tests_failed") in await trials.store.unreachable("")
    assert await trials.store.unreachable("3301.3301102") == []
    await trials.at(HOUR)
    await trials.sent(CAT, Channel.SMTP)
    assert [who for who, _, _ in await trials.store.unreachable("")] == [BOB]


async def test_tests_are_listed_within_a_scope(trials: Trials) -> None:
    await trials.sent(ANN, Channel.SMTP, "one")
    await trials.sent(CAT, Channel.SMTP, "two")
    assert {row.person for row in await trials.store.rows("", None, 10)} == {ANN, CAT}
    assert [row.person for row in await trials.store.rows(f"3301.{TOWN}.{VILLAGE}", None, 10)] == [ANN]


def subscription(number: int, auth: str = "a") -> str:
    return json.dumps({"endpoint": f"https://push.example/{number}", "keys": {"auth": auth, "p256dh": "k"}})


async def addresses(trials: Trials) -> list[str]:
    rows = await trials.database.execute(
        "select address from contact where channel = 'web_push' and person = 'ann' order by rank, address"
    )
    return [json.loads(address)["endpoint"][-1] + json.loads(address)["keys"]["auth"] for (address,) in rows]


async def test_a_person_has_five_browsers_at_most_the_newest_first(trials: Trials) -> None:
    for number in range(7):
        await trials.store.subscribe(ANN, subscription(number), 5)
    assert await addresses(trials) == ["6a", "5a", "4a", "3a", "2a"]
    await trials.store.subscribe(ANN, subscription(4, "b"), 5)
    assert await addresses(trials) == ["4b", "6a", "5a", "3a", "2a"], "one browser, new keys"
    await trials.store.unsubscribe(ANN, "https://push.example/6")
    await trials.store.unsubscribe(BOB, "https://push.example/5")
    assert await addresses(trials) == ["4b", "5a", "3a", "2a"]


async def test_a_push_goes_to_every_browser_of_a_person(trials: Trials) -> None:
    for number in range(3):
        await trials.store.subscribe(ANN, subscription(number), 5)
    store = PgAlertsStore(trials.database.pool, Wakeups(trials.database.dsn))
    async with store.unit() as unit:
        await unit.save([change(1, opened(), *confirmed(), notices=(notice(1, channel=Channel.WEB_PUSH),))])
    (claimed,) = await PgNoticeStore(trials.database.pool).claim("relay", 10, timedelta(seconds=30))
    assert [claimed.address, *claimed.others] == [subscription(2), subscription(1), subscription(0)]


async def test_providers_are_listed_with_what_waits_and_what_became_of_it(trials: Trials) -> None:
    reach = PgReachStore(trials.database.pool)
    await reach.offer([(Channel.WEBHOOK, "webhook"), (Channel.SMS, "aliyun")])
    await reach.judge(Channel.SMS, "aliyun", Unknown("silence"))
    store, notices = (
        PgAlertsStore(trials.database.pool, Wakeups(trials.database.dsn)),
        PgNoticeStore(trials.database.pool),
    )
    put = tuple(notice(1, step=step) for step in range(4))
    async with store.unit() as unit:
        await unit.save([change(1, opened(), *confirmed(), notices=put)])
    claimed = await notices.claim("relay", 3, timedelta(seconds=30))
    for one, outcome in zip(claimed, (Outcome.SENT, Outcome.FAILED), strict=False):
        await notices.settle(one.notice.id, "relay", outcome, reason="", provider_id="x", provider="webhook")
    rows = {row.provider: row for row in await trials.store.channels()}
    webhook, aliyun = rows["webhook"], rows["aliyun"]
    assert (webhook.offered, webhook.up, webhook.sent_hour + webhook.failed_hour, webhook.waiting) == (
        True,
        True,
        2,
        2,
    )
    assert (aliyun.failures, aliyun.reason) == (1, "silence")
    await trials.at(timedelta(minutes=3))
    assert not any(row.offered for row in await trials.store.channels())


async def test_a_test_is_not_answered_by_its_name(trials: Trials) -> None:
    (name,) = await trials.store.ask(ANN, [Channel.SMTP], "op")
    assert await trials.store.answer(sha256(name.encode()).digest()) is None
