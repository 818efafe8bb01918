"""Reports and handling are counted from the log of incidents; the rest is promised in `tests/contract`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    BOB,
    POLICY,
    START,
    VILLAGE,
    change,
    confirmed,
    emptied,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.ports import Change
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PersonId, ReportId
from tocsin.core.incidents import (
    SYSTEM,
    Accepted,
    Actor,
    Arrived,
    Basis,
    Handled,
    IncidentEvent,
    Rejected,
    ReportAttached,
    TakenOn,
)
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.evaluation import PgEvaluation
from tocsin.store.wakeups import Wakeups
from tocsin.town.evaluation import Counts, Indicator

SINCE, UNTIL = datetime(2026, 4, 30, 16, tzinfo=UTC), datetime(2026, 5, 31, 16, tzinfo=UTC)
BY_ANN = Actor("person", ANN)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as found:
        await settle(found)
        store = PgAlertsStore(found.pool, Wakeups(found.dsn))
        async with store.unit() as unit:
            await unit.save_policy(POLICY, "default", "name: default")
        yield found


async def happens(
    database: Database, number: int, *events: IncidentEvent, drill: bool = False, actor: Actor = BY_ANN
) -> None:
    """Open an incident, confirm it, and let somebody do something."""
    store = PgAlertsStore(database.pool, Wakeups(database.dsn))
    begun = change(number, opened(drill=drill), *confirmed())
    later = change(number, *events, before=begun.incident)
    for one in (begun, acted(later, actor)):
        async with store.unit() as unit:
            await unit.save([one])


def acted(later: Change, actor: Actor) -> Change:
    return replace(later, actor=actor)


def report(name: str = "r1") -> ReportAttached:
    return ReportAttached(report=ReportId(name))


def accepted(person: PersonId = ANN) -> Accepted:
    return Accepted(person=person, tier=Tier.VILLAGE)


def arrived(person: PersonId | None) -> Arrived:
    return Arrived(tier=Tier.VILLAGE, person=person, at=START, basis=Basis.OPERATOR, accepted=True)


async def counts(database: Database, person: PersonId = ANN) -> Counts:
    ((_, found),) = await PgEvaluation(database.pool).members("", SINCE, UNTIL, person)
    return found


async def test_reports_and_handling_are_counted_from_the_log(database: Database) -> None:
    await happens(database, 1, report())
    await happens(database, 2, accepted(), arrived(ANN), Handled(person=ANN))
    await happens(database, 3, TakenOn(organisation=OrganisationCode("roads")))
    assert await counts(database) == {Indicator.REPORT: 1, Indicator.HANDLING: 2}
    assert await counts(database, BOB) == {}


async def test_an_incident_is_handled_once_however_much_somebody_did(database: Database) -> None:
    await happens(database, 1, accepted(), arrived(ANN), Handled(person=ANN), arrived(ANN))
    assert await counts(database) == {Indicator.HANDLING: 1}


async def test_a_drill_changes_no_score(database: Database) -> None:
    await happens(database, 1, report(), accepted(), arrived(ANN), Handled(person=ANN), drill=True)
    assert await counts(database) == {}
    assert await PgEvaluation(database.pool).acts(ANN, SINCE, UNTIL, 100) == []


async def test_what_was_rejected_was_no_report(database: Database) -> None:
    await happens(database, 1, report(), Rejected(basis=Basis.OPERATOR, reason_code="false_alarm"))
    assert await counts(database) == {}


async def test_what_an_operator_enters_for_somebody_is_not_their_own_doing(database: Database) -> None:
    await happens(database, 1, arrived(None), accepted(BOB))
    await happens(database, 2, accepted(), actor=SYSTEM)
    assert await counts(database) == {}


async def test_there_are_as_many_rows_as_are_counted(database: Database) -> None:
    await happens(database, 1, report(), accepted())
    await happens(database, 2, accepted(), arrived(ANN))
    await travel(database, START + timedelta(days=40))
    await happens(database, 3, report("r2"), accepted())
    store = PgEvaluation(database.pool)
    rows = await store.acts(ANN, SINCE, UNTIL, 100)
    assert [(row.indicator, row.subject) for row in rows] == [
        (Indicator.HANDLING, "incident:incident-00001"),
        (Indicator.HANDLING, "incident:incident-00002"),
        (Indicator.REPORT, "incident:incident-00001"),
    ]
    assert await counts(database) == {Indicator.REPORT: 1, Indicator.HANDLING: 2}


async def test_who_answers_for_no_tier_in_the_month_is_not_scored(database: Database) -> None:
    store = PgEvaluation(database.pool)
    assert len(await store.members("", SINCE, UNTIL)) == 3
    await database.execute("update appointment set until = %s where person = 'bob'", START)
    after = START + timedelta(seconds=1)
    assert [member.person for member, _ in await store.members("", after, UNTIL)] == [ANN, PersonId("cat")]
    assert len(await store.members("", SINCE, UNTIL)) == 3


async def test_the_class_is_that_of_the_end_of_the_month(database: Database) -> None:
    await database.execute(
        "insert into grid_version (code, since, until, name, parent, tier, kind, path, level, region, class, radius_m) "
        "select code, %s, %s, name, parent, tier, kind, path, level, region, 'old', radius_m from grid where code = %s",
        SINCE - timedelta(days=100),
        UNTIL + timedelta(days=3),
        VILLAGE,
    )
    await database.execute("update grid set class = 'new' where code = %s", VILLAGE)
    store = PgEvaluation(database.pool)
    ((of_may, _),) = await store.members("", SINCE, UNTIL, ANN)
    ((of_june, _),) = await store.members("", UNTIL, UNTIL + timedelta(days=30), ANN)
    assert (of_may.grid_class, of_june.grid_class) == ("old", "new")


@pytest.mark.parametrize("table", ["activity", "score", "contest_entry", "points_entry", "points_answer"])
async def test_nothing_is_changed_afterwards(database: Database, table: str) -> None:
    with pytest.raises(psycopg.Error, match="never changed"):
        await database.execute(f"delete from {table}")  # noqa: S608 a table of ours
