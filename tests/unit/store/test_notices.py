"""What only PostgreSQL can show of the outbox: several relays, and rows that are looked up when claiming."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    CAMERA,
    STREET,
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
from tocsin.alerts.ports import Change
from tocsin.core.ids import DeviceId
from tocsin.core.incidents import Outcome
from tocsin.core.responders import Channel
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.notices import REASON_CHARACTERS_MAX, PgNoticeStore
from tocsin.store.wakeups import Wakeups

LEASE = timedelta(seconds=30)


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
def notices(database: Database) -> PgNoticeStore:
    return PgNoticeStore(database.pool)


async def save(database: Database, *changes: Change) -> None:
    async with PgAlertsStore(database.pool, Wakeups(database.dsn)).unit() as unit:
        await unit.save(changes)


async def test_relays_at_once_share_the_outbox_without_overlap(
    database: Database, notices: PgNoticeStore
) -> None:
    await save(database, change(1, opened(), notices=tuple(notice(1, step=step) for step in range(40))))
    claims = await asyncio.gather(*(notices.claim(f"relay-{n}", 15, LEASE) for n in range(5)))
    names = [one.notice.id for claimed in claims for one in claimed]
    assert len(names) == len(set(names)) == 40


async def test_an_erased_address_is_empty_and_a_changed_one_is_used(
    database: Database, notices: PgNoticeStore
) -> None:
    await save(database, change(1, opened(), notices=(notice(1), notice(1, channel=Channel.SMTP))))
    await database.execute("delete from contact where person = %s and channel = 'webhook'", ANN)
    await database.execute("update contact set address = 'new@example.org' where person = %s", ANN)
    claimed = await notices.claim("relay", 10, LEASE)
    assert {one.notice.channel: one.address for one in claimed} == {
        Channel.WEBHOOK: "",
        Channel.SMTP: "new@example.org",
    }


async def test_a_siren_without_a_device_is_that_of_the_nearest_collector(
    database: Database, notices: PgNoticeStore
) -> None:
    siren = notice(1, channel=Channel.MQTT, person=None)
    await save(database, change(1, opened(device=None, grid=STREET), notices=(siren,)))
    (claimed,) = await notices.claim("relay", 10, LEASE)
    assert (claimed.address, claimed.person_name, claimed.language) == ("box", "", "zh")


async def test_a_claim_names_the_place_and_speaks_the_persons_language(
    database: Database, notices: PgNoticeStore
) -> None:
    other = DeviceId("box/unnamed")
    await save(
        database,
        change(1, opened(device=CAMERA), *confirmed(), notices=(notice(1),)),
        change(2, opened(device=other), notices=(notice(2, channel=Channel.LOG),)),
    )
    claimed = {one.notice.incident: one for one in await notices.claim("relay", 10, LEASE)}
    first, second = claimed[incident_id(1)], claimed[incident_id(2)]
    assert (first.language, first.place_name) == ("en", "Gate")
    assert (second.address, second.place_name, second.due) == ("Ann", other, None)


async def test_a_claim_carries_the_newest_picture_of_the_evidence(
    database: Database, notices: PgNoticeStore
) -> None:
    await save(database, change(1, opened(), attached(), notices=(notice(1),)))
    await database.execute(
        "insert into picture (sha256, camera, collector, observed, received, bytes_total, complete, detection)"
        " select repeat(name, 64), %s, 'box', tocsin_clock() - age, tocsin_clock(), 9, true, 'd'"
        " from (values ('a', interval '5 s'), ('b', interval '2 s')) as shown (name, age)",
        CAMERA,
    )
    (claimed,) = await notices.claim("relay", 10, LEASE)
    assert claimed.picture == "b" * 64


async def test_a_providers_page_is_cut_to_a_reason(database: Database, notices: PgNoticeStore) -> None:
    await save(database, change(1, opened(), notices=(notice(1),)))
    await notices.claim("relay", 10, LEASE)
    assert await notices.settle(
        notice(1).id, "relay", Outcome.FAILED, reason="\0" + "x" * 9000, provider_id="\0"
    )
    ((state, reason),) = await database.execute("select state, reason from notice")
    assert (state, reason) == ("failed", "x" * REASON_CHARACTERS_MAX)


async def test_an_expired_notice_says_why_it_was_not_sent(database: Database, notices: PgNoticeStore) -> None:
    await save(database, change(1, opened(), notices=(notice(1), notice(1, step=1))))
    (first, _) = await notices.claim("relay", 10, LEASE)
    await notices.postpone(first.notice.id, "relay", notice(1).expires, "throttled", tried=False)
    await travel(database, notice(1).expires)
    assert len(await notices.expire(10)) == 2
    rows = await database.execute("select state, reason from notice order by reason")
    assert rows == [("expired", "not_sent_in_time"), ("expired", "not_sent_in_time, last throttled")]


@pytest.mark.parametrize(("late", "reason"), [(29.999, "not_sent_in_time"), (30, "outage"), (2400, "outage")])
async def test_a_notice_that_an_outage_kept_says_so(
    database: Database, notices: PgNoticeStore, late: float, reason: str
) -> None:
    await save(database, change(1, opened(), notices=(notice(1),)))
    await travel(database, notice(1).expires + timedelta(seconds=late))
    assert len(await notices.expire(10)) == 1
    assert await database.execute("select state, reason from notice") == [("expired", reason)]
