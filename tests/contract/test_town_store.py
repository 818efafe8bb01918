"""What every `TownStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace as replace_struct

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    CITY,
    CONTACTS,
    GRIDS,
    OTHER,
    PEOPLE,
    SCHOOL,
    START,
    STREET,
    TOWN,
    VILLAGE,
    emptied,
    shared,
    travel,
)
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel, Directory
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.memory.town import MemoryTownStore
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import Account, ContactAddress, DevicePlace, DutyShift, Role, Session, TownStore

ACCOUNT = Account(
    name="ann", person=ANN, role=Role.RESPONDER, scope=f"{CITY}.{TOWN}", password_hash="$argon2id$x"
)
TOKEN = b"t" * 32


@dataclass
class Subject:
    store: TownStore
    travel: Callable[[datetime], Awaitable[None]]
    directory: Callable[[GridCode], Awaitable[Directory]]
    """What the response engine gets of it."""


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        clock = ManualClock(START)
        store = MemoryTownStore(clock)

        async def jump(to: datetime) -> None:
            clock.jump(to)

        async def look(grid: GridCode) -> Directory:
            return store.directory_of(grid, clock.now())

        yield Subject(store, jump, look)
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await travel(database, START)
        alerts = PgAlertsStore(database.pool, Wakeups(database.dsn))

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        async def ask(grid: GridCode) -> Directory:
            async with alerts.unit() as unit:
                return await unit.directory(grid)

        yield Subject(PgTownStore(database.pool), to, ask)


async def on_duty(subject: Subject, *people: PersonId) -> None:
    """Put the town there, with these people on duty for their own grid."""
    await subject.store.add_grids(GRIDS)
    await subject.store.add_people(PEOPLE, CONTACTS)
    homes = {one.id: one.grid for one in PEOPLE}
    await subject.store.add_duty(
        [
            DutyShift(person=name, grid=homes[name], since=START, until=START + timedelta(hours=8))
            for name in people
        ]
    )


async def test_a_subtree_is_listed_in_order_of_path(subject: Subject) -> None:
    await subject.store.add_grids(GRIDS)
    assert list(await subject.store.grids("")) == sorted(GRIDS, key=lambda grid: grid.path)
    village = await subject.store.grid(VILLAGE)
    assert village == GRIDS[3]
    assert [grid.code for grid in await subject.store.grids(village.path)] == [VILLAGE, STREET, SCHOOL]
    assert await subject.store.grids(f"{CITY}.33011") == []
    assert await subject.store.grid(GridCode("99")) is None


async def test_a_grid_is_changed_by_its_code(subject: Subject) -> None:
    await subject.store.add_grids(GRIDS)
    changed = replace_struct(GRIDS[4], name="new", centre=Position(1.0, 2.0, 3.0), radius_m=42.0)
    await subject.store.add_grids([changed])
    assert await subject.store.grid(STREET) == changed


@pytest.mark.parametrize("wrong", ["order", "path"])
async def test_a_grid_without_its_parent_is_refused_and_none_is_kept(subject: Subject, wrong: str) -> None:
    grids = list(GRIDS)
    if wrong == "order":
        grids.reverse()
    else:
        grids[4] = replace_struct(grids[4], path=f"{TOWN}.{STREET}")
    with pytest.raises(Rejected, match=r"grid\.parent"):
        await subject.store.add_grids(grids)
    assert await subject.store.grids("") == []


async def test_people_are_listed_by_name_within_a_subtree(subject: Subject) -> None:
    await on_duty(subject)
    assert [one.id for one in await subject.store.people("")] == [ANN, BOB, CAT]
    assert [one.id for one in await subject.store.people(GRIDS[3].path)] == [ANN, BOB]
    assert await subject.store.person(ANN) == PEOPLE[0]
    assert await subject.store.person(PersonId("nobody")) is None
    changed = replace(PEOPLE[0], name="Zoe", order=7, active=False)
    await subject.store.add_people([changed], [])
    assert await subject.store.person(ANN) == changed
    assert [one.id for one in await subject.store.people("")] == [BOB, CAT, ANN]


async def test_somebody_of_an_unknown_grid_is_refused(subject: Subject) -> None:
    with pytest.raises(Rejected):
        await subject.store.add_people(PEOPLE, [])
    assert await subject.store.people("") == []


async def test_new_contacts_replace_the_old_ones_of_the_same_person_only(subject: Subject) -> None:
    await on_duty(subject, ANN, CAT)
    again = ContactAddress(person=ANN, channel=Channel.LOG, address="x", rank=1)
    await subject.store.add_people([], [again])
    await subject.store.add_people([PEOPLE[0]], [])
    found = await subject.directory(VILLAGE)
    assert {one.person: one.channels for one in found.responders} == {
        ANN: (Channel.LOG,),
        CAT: (Channel.SMTP,),
    }


async def test_channels_come_in_order_of_rank(subject: Subject) -> None:
    await on_duty(subject, ANN)
    ways = [
        ContactAddress(person=ANN, channel=Channel.SMTP, address="a@example.org", rank=3),
        ContactAddress(person=ANN, channel=Channel.LOG, address="x", rank=2),
        ContactAddress(person=ANN, channel=Channel.SMTP, address="b@example.org", rank=1),
    ]
    await subject.store.add_people([], ways)
    (found,) = (await subject.directory(VILLAGE)).responders
    assert found.channels == (Channel.SMTP, Channel.LOG)


async def test_only_who_is_on_duty_now_is_called(subject: Subject) -> None:
    await on_duty(subject, ANN)
    assert [one.person for one in (await subject.directory(STREET)).responders] == [ANN]
    await subject.travel(START - timedelta(microseconds=1))
    assert (await subject.directory(STREET)).responders == ()
    await subject.travel(START + timedelta(hours=8))
    assert (await subject.directory(STREET)).responders == ()


async def test_the_same_shift_again_changes_nothing_and_another_end_moves_it(subject: Subject) -> None:
    await on_duty(subject, ANN)
    shift = DutyShift(person=ANN, grid=VILLAGE, since=START, until=START + timedelta(hours=8))
    await subject.store.add_duty([shift, shift])
    assert len((await subject.directory(VILLAGE)).responders) == 1
    await subject.store.add_duty(
        [replace(shift, until=None), replace(shift, until=START + timedelta(hours=1))]
    )
    await subject.travel(START + timedelta(hours=2))
    assert (await subject.directory(VILLAGE)).responders == ()


async def test_a_shift_below_does_not_serve_the_grid_above(subject: Subject) -> None:
    await on_duty(subject)
    await subject.store.add_duty([DutyShift(person=ANN, grid=STREET, since=START, until=None)])
    assert (await subject.directory(VILLAGE)).responders == ()
    assert [one.person for one in (await subject.directory(STREET)).responders] == [ANN]


async def test_inactive_people_and_those_without_a_tier_are_not_called_unless_they_supervise(
    subject: Subject,
) -> None:
    await on_duty(subject, ANN, BOB, CAT)
    await subject.store.add_people(
        [
            replace(PEOPLE[0], active=False),
            replace(PEOPLE[1], tier=None),
            replace(PEOPLE[2], tier=None, supervisor=True),
        ],
        [],
    )
    found = await subject.directory(STREET)
    assert [one.person for one in found.responders] == [CAT]
    assert [one.person for one in found.supervisors()] == [CAT]


async def test_a_dedicated_grid_calls_its_own_staff_and_the_village_when_it_has_none(
    subject: Subject,
) -> None:
    await on_duty(subject, ANN, CAT)
    assert [one.person for one in (await subject.directory(SCHOOL)).responders] == [ANN, CAT]
    guard = replace(PEOPLE[0], id=PersonId("guard"), name="Guard", grid=SCHOOL, order=9)
    await subject.store.add_people([guard], [])
    await subject.store.add_duty([DutyShift(person=guard.id, grid=SCHOOL, since=START, until=None)])
    assert [one.person for one in (await subject.directory(SCHOOL)).responders] == ["guard", CAT]
    assert [one.person for one in (await subject.directory(STREET)).responders] == [ANN, CAT]


async def test_a_device_of_an_unknown_grid_is_refused(subject: Subject) -> None:
    await subject.store.add_grids(GRIDS)
    place = DevicePlace(device="box/a", collector="box", kind="smoke", name="Hall", grid=VILLAGE)
    await subject.store.add_devices([place, replace(place, name="Attic")])
    with pytest.raises(Rejected):
        await subject.store.add_devices([replace(place, grid=GridCode("99"))])


async def test_an_account_is_kept_by_name(subject: Subject) -> None:
    await on_duty(subject)
    assert await subject.store.account("ann") is None
    await subject.store.add_account(ACCOUNT)
    assert await subject.store.account("ann") == ACCOUNT
    changed = replace(ACCOUNT, role=Role.OPERATOR, scope="", password_hash="$argon2id$y")
    await subject.store.add_account(changed)
    assert await subject.store.account("ann") == changed


async def test_a_session_lives_until_it_expires_or_is_closed(subject: Subject) -> None:
    await on_duty(subject)
    await subject.store.add_account(ACCOUNT)
    session = Session(
        token_hash=TOKEN, csrf="c", account=ACCOUNT, created=START, expires=START + timedelta(hours=1)
    )
    assert await subject.store.session(TOKEN) is None
    await subject.store.open_session(session)
    await subject.travel(START + timedelta(minutes=59))
    assert await subject.store.session(TOKEN) == session
    await subject.travel(session.expires)
    assert await subject.store.session(TOKEN) is None
    await subject.travel(START)
    await subject.store.close_session(TOKEN)
    await subject.store.close_session(TOKEN)
    assert await subject.store.session(TOKEN) is None


async def test_a_session_follows_its_account(subject: Subject) -> None:
    await on_duty(subject)
    await subject.store.add_account(ACCOUNT)
    session = Session(
        token_hash=TOKEN, csrf="c", account=ACCOUNT, created=START, expires=START + timedelta(hours=1)
    )
    await subject.store.open_session(session)
    changed = replace(ACCOUNT, role=Role.OPERATOR)
    await subject.store.add_account(changed)
    assert await subject.store.session(TOKEN) == replace(session, account=changed)
    await subject.store.add_account(replace(changed, active=False))
    assert await subject.store.session(TOKEN) is None


async def test_somebody_of_a_department_makes_its_organisation_known(subject: Subject) -> None:
    await on_duty(subject, CAT)
    await subject.store.add_people([replace(PEOPLE[2], department="fire")], [])
    (found,) = (await subject.directory(STREET)).responders
    assert (found.person, found.department) == (CAT, "fire")
    with pytest.raises(Rejected, match=r"organisation\.code"):
        await subject.store.add_people([replace(PEOPLE[2], department="fire brigade")], [])


async def test_who_moves_answers_for_the_new_grid_from_now_on(subject: Subject) -> None:
    await on_duty(subject, ANN)
    await subject.store.add_duty([DutyShift(person=ANN, grid=OTHER, since=START, until=None)])
    moment = START + timedelta(hours=1)
    await subject.travel(moment)
    moved = replace(PEOPLE[0], grid=OTHER)
    await subject.store.add_people([moved], [])
    assert await subject.store.person(ANN) == moved
    assert (await subject.directory(VILLAGE)).responders == ()
    assert [one.person for one in (await subject.directory(OTHER)).responders] == [ANN]
    await subject.travel(moment - timedelta(microseconds=1))
    assert [one.person for one in (await subject.directory(VILLAGE)).responders] == [ANN]
    assert (await subject.directory(OTHER)).responders == ()
