"""What every `PeopleStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.people import KINDS, Staffed, staffed
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    CITY,
    OTHER,
    PEOPLE,
    SCHOOL,
    START,
    STREET,
    TOWN,
    VILLAGE,
    shared,
)
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town.appointments import ALWAYS, Appointment, AppointmentRole, main_appointment
from tocsin.town.people_ports import PeopleFilter
from tocsin.town.ports import ContactAddress, DutyShift, Person

HOUR = timedelta(hours=1)
TOWN_PATH, OTHER_PATH = f"{CITY}.{TOWN}", f"{CITY}.{OTHER}"
LEADER = Appointment(
    id="a1",
    person=ANN,
    grid=OTHER,
    role=AppointmentRole.DISTRICT_LEADER,
    tier=Tier.TOWNSHIP,
    order=3,
    full_time=True,
    since=START,
    until=START + 8 * HOUR,
)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=KINDS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Staffed]:
    async with staffed(request.param, lambda: request.getfixturevalue("shared_database")) as made:
        yield made


async def test_people_come_with_what_they_are_appointed_to(subject: Staffed) -> None:
    await subject.people.appoint([LEADER], CAT)
    rows = await subject.people.staff(PeopleFilter(scope=""))
    assert [row.person for row in rows] == list(PEOPLE)
    ann = rows[0]
    assert [row.appointment for row in ann.appointments] == [LEADER, main_appointment(PEOPLE[0])]
    assert ann.appointments[0].grid_path == OTHER_PATH
    assert ann.channels == (Channel.WEBHOOK, Channel.SMTP)
    assert ann.grid_path == f"{TOWN_PATH}.{VILLAGE}"


async def test_people_are_of_a_subtree_by_home_or_by_appointment(subject: Staffed) -> None:
    async def names(scope: str) -> list[PersonId]:
        return [row.person.id for row in await subject.people.staff(PeopleFilter(scope=scope))]

    assert await names(TOWN_PATH) == [ANN, BOB, CAT]
    assert await names(OTHER_PATH) == []
    await subject.people.appoint([LEADER], CAT)
    assert await names(OTHER_PATH) == [ANN]
    await subject.travel(START + 8 * HOUR)
    assert await names(OTHER_PATH) == []


async def test_people_are_searched_and_come_in_pages(subject: Staffed) -> None:
    gone = Person(id=PersonId("zoe"), name="Zoe%", grid=TOWN, tier=None, active=False)
    await subject.people.save_person(gone, None, CAT)

    async def names(**wanted: object) -> list[PersonId]:
        rows = await subject.people.staff(PeopleFilter(scope="", **wanted))  # type: ignore[arg-type]  # by field
        return [row.person.id for row in rows]

    assert await names() == [ANN, BOB, CAT, gone.id]
    assert await names(active=True) == [ANN, BOB, CAT]
    assert await names(search="o") == [BOB, gone.id]
    assert await names(search="%") == [gone.id]
    assert await names(search="ca") == [CAT]
    assert await names(most=2) == [ANN, BOB]
    assert await names(most=2, after=("Bob", BOB)) == [CAT, gone.id]
    assert [row.person.id for row in await subject.people.staff_named([CAT, ANN, PersonId("no")])] == [
        ANN,
        CAT,
    ]


async def test_who_somebody_is_changes_without_their_appointments(subject: Staffed) -> None:
    changed = replace(PEOPLE[0], name="Anna", language="zh")
    await subject.people.save_person(replace(changed, tier=None), None, CAT)
    (row,) = await subject.people.staff_named([ANN])
    assert row.person == changed
    assert row.channels == (Channel.WEBHOOK, Channel.SMTP)
    await subject.people.save_person(changed, [], CAT)
    (row,) = await subject.people.staff_named([ANN])
    assert row.channels == ()
    with pytest.raises(Rejected):
        await subject.people.save_person(replace(changed, grid=GridCode("99")), None, CAT)


async def test_appointments_are_listed_by_scope_person_and_instant(subject: Staffed) -> None:
    await subject.people.appoint([LEADER], CAT)

    async def ids(scope: str = "", **wanted: object) -> list[str]:
        rows = await subject.people.appointments(scope, **{"at": None, **wanted})  # type: ignore[arg-type]  # by name
        return [row.appointment.id for row in rows]

    assert await ids() == ["a1", "main.ann", "main.bob", "main.cat"]
    assert await ids(OTHER_PATH) == ["a1"]
    assert await ids(person=ANN) == ["a1", "main.ann"]
    assert await ids(person=ANN, at=START + 8 * HOUR) == ["main.ann"]
    assert await ids(most=2, after="a1") == ["main.ann", "main.bob"]
    row = await subject.people.appointment("a1")
    assert row is not None
    assert (row.appointment, row.person_name, row.grid_name) == (LEADER, "Ann", f"name of {OTHER}")
    assert await subject.people.appointment("no") is None


async def test_an_appointment_calls_somebody_for_a_second_grid_while_it_lasts(subject: Staffed) -> None:
    await subject.people.appoint([LEADER], CAT)
    await subject.town.add_duty([DutyShift(person=ANN, grid=CITY, since=ALWAYS, until=None)])
    (found,) = (await subject.directory(OTHER)).responders
    assert (found.person, found.tier, found.grid) == (ANN, Tier.TOWNSHIP, OTHER)
    (found,) = (await subject.directory(STREET)).responders
    assert (found.tier, found.grid) == (Tier.VILLAGE, VILLAGE)
    await subject.travel(START + 8 * HOUR)
    assert (await subject.directory(OTHER)).responders == ()
    await subject.travel(START - HOUR)
    assert (await subject.directory(OTHER)).responders == ()


async def test_many_people_answer_for_one_grid_and_each_is_called_once(subject: Staffed) -> None:
    await subject.people.appoint(
        [
            replace(LEADER, grid=STREET, tier=Tier.VILLAGE, order=9),
            replace(LEADER, id="a2", person=BOB, grid=STREET, tier=Tier.VILLAGE, order=2),
            replace(LEADER, id="a3", person=BOB, grid=TOWN, tier=None, supervisor=True),
        ],
        CAT,
    )
    await subject.town.add_duty(
        [DutyShift(person=one, grid=CITY, since=ALWAYS, until=None) for one in (ANN, BOB, CAT)]
    )
    found = (await subject.directory(STREET)).responders
    assert [(one.person, one.grid) for one in found] == [(BOB, STREET), (ANN, STREET), (CAT, TOWN)]
    school = await subject.directory(SCHOOL)
    assert [one.person for one in school.on(Tier.VILLAGE)] == [ANN, BOB]
    assert school.supervisors() == ()
    other = await subject.directory(TOWN)
    assert [one.person for one in other.supervisors()] == [BOB]


async def test_an_appointment_ends_or_goes(subject: Staffed) -> None:
    await subject.people.appoint([LEADER, replace(LEADER, id="a2", since=START + HOUR)], CAT)
    now = START + HOUR
    assert await subject.people.end_appointment("a1", now, CAT)
    assert await subject.people.end_appointment("a2", now, CAT)
    for ended in ("a1", "a2", "no"):
        assert not await subject.people.end_appointment(ended, now, CAT)
    row = await subject.people.appointment("a1")
    assert row is not None
    assert row.appointment.until == now
    assert await subject.people.appointment("a2") is None


async def test_somebody_unknown_is_appointed_to_nothing(subject: Staffed) -> None:
    for wrong in (replace(LEADER, person=PersonId("no")), replace(LEADER, grid=GridCode("99"))):
        with pytest.raises(Rejected):
            await subject.people.appoint([wrong], CAT)
    assert await subject.people.appointment("a1") is None


async def test_many_come_together_or_not_at_all(subject: Staffed) -> None:
    dan = Person(id=PersonId("dan"), name="Dan", grid=STREET, tier=None)
    number = ContactAddress(person=dan.id, channel=Channel.SMS, address="13900000000", rank=1)
    appointed = replace(LEADER, person=dan.id)
    with pytest.raises(Rejected):
        await subject.people.save_staff([dan], [number], [replace(appointed, grid=GridCode("99"))], CAT)
    assert await subject.people.staff_named([dan.id]) == []
    await subject.people.save_staff([dan], [number], [appointed], CAT)
    (row,) = await subject.people.staff_named([dan.id])
    assert (row.person, row.channels) == (dan, (Channel.SMS,))
    assert [one.appointment for one in row.appointments] == [appointed]
    (ann,) = await subject.people.staff_named([ANN])
    assert ann.channels == (Channel.WEBHOOK, Channel.SMTP)


async def test_whoever_reads_numbers_is_noted(subject: Staffed) -> None:
    found = await subject.people.contacts([ANN, CAT], BOB, "bob", "call them about the drill")
    assert {(one.person, one.channel, one.address) for one in found} == {
        (ANN, Channel.WEBHOOK, "https://ann.example/hook"),
        (ANN, Channel.SMTP, "ann@example.org"),
        (CAT, Channel.SMTP, "cat@example.org"),
    }
    (reading,) = await subject.people.contact_readings(CAT, 10)
    assert (reading.reader, reading.account, reading.reason) == (BOB, "bob", "call them about the drill")
    assert (reading.at, reading.people) == (START, (ANN, CAT))
    assert await subject.people.contact_readings(BOB, 10) == []
