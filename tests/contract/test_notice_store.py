"""What every `NoticeStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    START,
    Response,
    attached,
    change,
    confirmed,
    in_memory,
    in_postgres,
    incident_id,
    notice,
    opened,
    shared,
)
from tocsin.alerts.model import Notice
from tocsin.core.clock import MICROSECOND
from tocsin.core.detections import Kind
from tocsin.core.ids import NoticeId
from tocsin.core.incidents import Filed, Grade, Outcome
from tocsin.core.responders import Channel
from tocsin.core.working_time import Terms

LEASE = timedelta(seconds=30)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def response(request: pytest.FixtureRequest) -> AsyncIterator[Response]:
    if request.param == "memory":
        async with in_memory() as made:
            yield made
        return
    async with in_postgres(request.getfixturevalue("shared_database")) as made:
        yield made


async def put(response: Response, *notices: Notice) -> None:
    await response.save(change(1, opened(), *confirmed(), notices=notices))


async def claim(response: Response, most: int = 10, relay: str = "relay-1") -> list[NoticeId]:
    return [one.notice.id for one in await response.notices.claim(relay, most, LEASE)]


async def test_the_most_urgent_is_sent_first_then_the_longest_waiting(response: Response) -> None:
    low, old, new = (
        notice(1, step=1, priority=5, after=timedelta(seconds=-9)),
        notice(1, step=2, priority=1, after=timedelta(seconds=-2)),
        notice(1, step=3, priority=1, after=timedelta(seconds=-1)),
    )
    await put(response, low, new, old)
    assert await claim(response, 2) == [old.id, new.id]
    assert await claim(response) == [low.id]


async def test_a_notice_waits_for_its_instant(response: Response) -> None:
    await put(response, notice(1, after=timedelta(seconds=20)))
    assert await claim(response) == []
    assert await response.notices.next_send() == (START, START + timedelta(seconds=20))
    await response.travel(START + timedelta(seconds=20))
    assert await claim(response) == [notice(1).id]


async def test_a_claim_says_all_that_is_needed_to_write_and_address_it(response: Response) -> None:
    await put(response, notice(1))
    (claimed,) = await response.notices.claim("relay-1", 10, LEASE)
    assert claimed.notice == notice(1)
    assert claimed.attempt == 1
    assert claimed.address == "https://ann.example/hook"
    assert claimed.person_name == "Ann"
    assert (claimed.kind, claimed.grade) == (Kind.SMOKE, Grade.III)
    assert (claimed.began, claimed.confirmed) == (START - timedelta(seconds=5), START)
    assert claimed.due == START + timedelta(minutes=3)
    assert claimed.picture is None


async def test_a_notice_about_a_case_has_the_limit_of_its_stage(response: Response) -> None:
    filed = Filed(matter="0101", terms=Terms(), due=START + timedelta(days=2))
    await response.save(change(1, opened(), filed, notices=(notice(1),)))
    (claimed,) = await response.notices.claim("relay-1", 10, LEASE)
    assert (claimed.due, claimed.confirmed) == (START + timedelta(days=2), None)
    assert claimed.matter == ("", "")  # no catalogue knows it


async def test_an_address_fits_the_channel(response: Response) -> None:
    await put(
        response,
        notice(1, channel=Channel.SMTP),
        notice(1, channel=Channel.MQTT, person=None),
        notice(1, channel=Channel.LOG),
        notice(1, channel=Channel.SMTP, person=BOB),
    )
    claimed = await response.notices.claim("relay-1", 10, LEASE)
    found = {(one.notice.channel, one.notice.person): one.address for one in claimed}
    assert found[Channel.SMTP, ANN] == "ann@example.org"
    assert found[Channel.MQTT, None] == "box"
    assert found[Channel.LOG, ANN] != ""
    assert found[Channel.SMTP, BOB] == ""


async def test_a_leased_notice_is_given_to_nobody_else_until_the_lease_ends(response: Response) -> None:
    await put(response, notice(1))
    assert await claim(response) == [notice(1).id]
    assert await claim(response, relay="relay-2") == []
    assert await response.notices.next_send() == (START, START + LEASE)
    await response.travel(START + LEASE)
    (again,) = await response.notices.claim("relay-2", 10, LEASE)
    assert again.attempt == 2
    settle = response.notices.settle
    assert not await settle(notice(1).id, "relay-1", Outcome.SENT, reason="", provider_id="")
    assert await settle(notice(1).id, "relay-2", Outcome.SENT, reason="", provider_id="p-1")


async def test_a_settled_notice_is_over_and_what_was_sent_may_be_delivered(response: Response) -> None:
    await put(response, notice(1))
    await claim(response)
    settle = response.notices.settle
    assert await settle(notice(1).id, "relay-1", Outcome.SENT, reason="", provider_id="p-1")
    assert await response.notices.next_send() is None
    assert not await settle(notice(1).id, "relay-1", Outcome.FAILED, reason="", provider_id="")
    assert await settle(notice(1).id, "relay-1", Outcome.DELIVERED, reason="", provider_id="")
    assert not await settle(NoticeId("unknown"), "relay-1", Outcome.SENT, reason="", provider_id="")
    await response.travel(START + timedelta(hours=1))
    assert await claim(response) == []
    assert await response.notices.expire(10) == []


async def test_a_postponed_notice_comes_back_at_its_instant(response: Response) -> None:
    await put(response, notice(1))
    await claim(response)
    until = START + timedelta(seconds=50)
    assert not await response.notices.postpone(notice(1).id, "relay-2", until, "throttled")
    assert await response.notices.postpone(notice(1).id, "relay-1", until, "throttled")
    assert not await response.notices.postpone(notice(1).id, "relay-1", until, "throttled")
    assert await response.notices.next_send() == (START, until)
    await response.travel(until - MICROSECOND)
    assert await claim(response) == []
    await response.travel(until)
    assert await claim(response, relay="relay-2") == [notice(1).id]


async def test_only_a_try_counts_as_an_attempt(response: Response) -> None:
    await put(response, notice(1))
    for tried, attempt in ((False, 1), (True, 1), (False, 2), (True, 2)):
        (claimed,) = await response.notices.claim("relay-1", 10, LEASE)
        assert claimed.attempt == attempt
        assert await response.notices.postpone(notice(1).id, "relay-1", START, "later", tried=tried)


async def test_a_notice_whose_time_is_over_is_never_sent_and_reported_once(response: Response) -> None:
    await put(response, notice(1), notice(1, step=1, lasts=timedelta(hours=1)))
    await response.travel(notice(1).expires)
    assert await claim(response) == [notice(1, step=1).id]
    assert await response.notices.expire(10) == [notice(1)]
    assert await response.notices.expire(10) == []


async def test_one_that_a_relay_holds_does_not_expire_under_it(response: Response) -> None:
    await put(response, notice(1, lasts=timedelta(seconds=10)))
    await claim(response)
    await response.travel(START + timedelta(seconds=10))
    assert await response.notices.expire(10) == []
    await response.travel(START + LEASE)
    assert [one.id for one in await response.notices.expire(10)] == [notice(1).id]


async def test_a_cancelled_notice_is_never_sent_but_a_new_one_of_the_same_change_is(
    response: Response,
) -> None:
    await put(response, notice(1), notice(1, step=1, after=timedelta(minutes=1)))
    before = await response.load(incident_id(1))
    recall = notice(1, step=2)
    await response.save(change(1, attached(), before=before, cancel=True, notices=(recall,)))
    assert await claim(response) == [recall.id]
    await response.travel(START + timedelta(minutes=2))
    assert [name for name in await claim(response) if name != recall.id] == []
    await response.travel(START + timedelta(hours=1))
    assert [one.id for one in await response.notices.expire(10)] == [recall.id]


async def test_a_notice_cancelled_while_it_is_being_sent_keeps_its_outcome_but_is_not_tried_again(
    response: Response,
) -> None:
    first, second = notice(1), notice(1, step=1)
    await put(response, first, second)
    await claim(response)
    before = await response.load(incident_id(1))
    await response.save(change(1, attached(), before=before, cancel=True))
    assert await response.notices.settle(first.id, "relay-1", Outcome.SENT, reason="", provider_id="")
    assert await response.notices.postpone(second.id, "relay-1", START, "retry")
    assert await claim(response) == []
    await response.travel(START + timedelta(hours=1))
    assert await claim(response) == []
    assert await response.notices.expire(10) == []


async def test_the_same_notice_again_is_no_second_one(response: Response) -> None:
    await put(response, notice(1))
    before = await response.load(incident_id(1))
    await response.save(change(1, attached(), before=before, notices=(notice(1), notice(1, step=1))))
    assert sorted(await claim(response)) == sorted([notice(1).id, notice(1, step=1).id])


async def test_the_provider_that_may_have_it_is_remembered(response: Response) -> None:
    await put(response, notice(1), notice(1, step=1))
    await claim(response)
    postpone = response.notices.postpone
    await postpone(notice(1).id, "relay-1", START, "unknown", provider="aliyun")
    await postpone(notice(1, step=1).id, "relay-1", START, "throttled", tried=False)
    claimed = {one.notice.step: one.provider for one in await response.notices.claim("relay-1", 10, LEASE)}
    assert claimed == {0: "aliyun", 1: ""}


async def test_an_address_that_is_gone_is_forgotten_for_its_channel_only(response: Response) -> None:
    await response.notices.forget(Channel.WEBHOOK, "ann@example.org")
    await response.notices.forget(Channel.WEBHOOK, "https://ann.example/hook")
    await put(response, notice(1), notice(1, channel=Channel.SMTP))
    claimed = await response.notices.claim("relay-1", 10, LEASE)
    assert {one.notice.channel: one.address for one in claimed} == {
        Channel.WEBHOOK: "",
        Channel.SMTP: "ann@example.org",
    }
