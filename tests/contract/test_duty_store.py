"""What every `DutyStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.people import KINDS, Staffed, staffed
from tests.support.response import ANN, BOB, CAT, CITY, OTHER, SCHOOL, START, STREET, TOWN, VILLAGE, shared
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town.coverage import Gap, GapCode, gaps
from tocsin.town.people_ports import ShiftRow
from tocsin.town.ports import DutyShift
from tocsin.town.roster import ChangeKind, Pattern, Roster, RosterChange, Slot

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = timedelta(days=45)
NIGHTS = Roster(
    id="nights",
    grid=VILLAGE,
    name="Nights",
    pattern=Pattern(
        groups={"a": (ANN,), "b": (BOB,)},
        slots=(Slot(begins=20 * 60, lasts=12 * 60, order=("a", "b")),),
        first=date(2026, 5, 1),
    ),
    since=datetime(2026, 4, 30, 16, tzinfo=UTC),
)
"""Ann on the night of 1 May, Bob on the next."""
FIRST_NIGHT = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOBODY = PersonId("nobody")


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=KINDS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Staffed]:
    async with staffed(request.param, lambda: request.getfixturevalue("shared_database")) as made:
        yield made


async def listed(subject: Staffed, scope: str = "", until: datetime = START + 9 * DAY) -> list[ShiftRow]:
    return list(await subject.duty.shifts(scope, START, until, most=1000))


async def people_at(subject: Staffed, at: datetime, grid: GridCode = STREET) -> list[PersonId]:
    await subject.travel(at)
    return [one.person for one in (await subject.directory(grid)).responders]


async def test_a_roster_puts_its_people_on_duty(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    assert await subject.duty.write_rosters(MONTH, 10) == 1
    assert await people_at(subject, FIRST_NIGHT - HOUR) == []
    assert await people_at(subject, FIRST_NIGHT) == [ANN]
    assert await people_at(subject, FIRST_NIGHT + DAY) == [BOB]
    assert await people_at(subject, FIRST_NIGHT + DAY + 12 * HOUR) == []


async def test_rosters_are_written_once_a_day_and_when_they_change(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    assert await subject.duty.write_rosters(MONTH, 10) == 1
    assert await subject.duty.write_rosters(MONTH, 10) == 0
    before = await listed(subject, until=START + MONTH)
    assert await subject.duty.write_rosters(MONTH, 10, only=NIGHTS.id) == 1
    assert await listed(subject, until=START + MONTH) == before
    await subject.travel(START + DAY + HOUR)
    assert await subject.duty.write_rosters(MONTH, 10) == 1
    await subject.duty.save_roster(NIGHTS, CAT)
    assert await subject.duty.write_rosters(MONTH, 10) == 1
    assert await subject.duty.write_rosters(MONTH, 10, only="unknown") == 0


async def test_a_roster_replaces_its_own_future_only(subject: Staffed) -> None:
    by_hand = DutyShift(person=ANN, grid=VILLAGE, since=FIRST_NIGHT + 2 * DAY, until=FIRST_NIGHT + 3 * DAY)
    await subject.town.add_duty([by_hand])
    await subject.duty.save_roster(NIGHTS, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    now = FIRST_NIGHT + DAY + HOUR
    await subject.travel(now)
    swapped = replace(
        NIGHTS, pattern=Pattern(groups={"a": (CAT,)}, slots=NIGHTS.pattern.slots, first=date(2026, 5, 1))
    )
    await subject.duty.save_roster(swapped, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    rows = [one.shift for one in await listed(subject, until=FIRST_NIGHT + 3 * DAY + HOUR)]
    assert rows == [
        DutyShift(
            person=ANN, grid=VILLAGE, since=FIRST_NIGHT, until=FIRST_NIGHT + 12 * HOUR, roster="nights"
        ),
        DutyShift(person=BOB, grid=VILLAGE, since=FIRST_NIGHT + DAY, until=now, roster="nights"),
        by_hand,
        DutyShift(
            person=CAT,
            grid=VILLAGE,
            since=FIRST_NIGHT + 2 * DAY,
            until=FIRST_NIGHT + 2 * DAY + 12 * HOUR,
            roster="nights",
        ),
    ]


async def test_a_change_wins_and_is_the_same_when_it_is_sent_again(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    change = RosterChange(
        id="c1",
        roster="nights",
        kind=ChangeKind.SWAP,
        person=ANN,
        other=BOB,
        since=FIRST_NIGHT,
        until=FIRST_NIGHT + 2 * DAY,
        reason="wedding",
    )
    await subject.duty.change_roster(change, CAT)
    await subject.duty.change_roster(change, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    (row,) = await subject.duty.rosters("", 10)
    assert (row.roster, row.changes, row.made_by) == (NIGHTS, (change,), CAT)
    assert await people_at(subject, FIRST_NIGHT) == [BOB]
    assert await people_at(subject, FIRST_NIGHT + DAY) == [ANN]
    assert await people_at(subject, FIRST_NIGHT + 2 * DAY) == [ANN]
    with pytest.raises(Rejected):
        await subject.duty.change_roster(replace(change, id="c2", person=NOBODY), CAT)


async def test_a_roster_that_ends_calls_nobody_any_more(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    await subject.travel(FIRST_NIGHT + HOUR)
    assert await subject.duty.end_roster("nights", CAT)
    assert not await subject.duty.end_roster("nights", CAT)
    assert not await subject.duty.end_roster("unknown", CAT)
    await subject.duty.write_rosters(MONTH, 10)
    assert await people_at(subject, FIRST_NIGHT + HOUR) == []
    assert [row.shift.until for row in await listed(subject)] == [FIRST_NIGHT + HOUR]
    assert await subject.duty.rosters("", 10) == []
    row = await subject.duty.roster("nights")
    assert row is not None
    assert row.roster.until == FIRST_NIGHT + HOUR
    assert await subject.duty.write_rosters(MONTH, 10) == 0


async def test_rosters_and_shifts_are_those_of_the_subtree(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    await subject.duty.save_roster(replace(NIGHTS, id="other", grid=OTHER), CAT)
    await subject.duty.write_rosters(MONTH, 10)
    scope = f"{CITY}.{OTHER}"
    assert [row.roster.id for row in await subject.duty.rosters(scope, 10)] == ["other"]
    assert [row.roster.id for row in await subject.duty.rosters("", 10, after="nights")] == ["other"]
    assert {row.shift.roster for row in await listed(subject, scope)} == {"other"}
    assert await subject.duty.roster("unknown") is None
    with pytest.raises(Rejected):
        await subject.duty.save_roster(replace(NIGHTS, grid=GridCode("99")), CAT)


async def test_shifts_come_in_pages(subject: Staffed) -> None:
    await subject.duty.save_roster(NIGHTS, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    whole = await listed(subject)
    assert len(whole) == 9
    first = await subject.duty.shifts("", START, START + 9 * DAY, most=4)
    last = first[-1].shift
    after = (last.since, last.person, last.grid)
    rest = await subject.duty.shifts("", START, START + 9 * DAY, most=1000, after=after)
    assert [*first, *rest] == whole
    assert (whole[0].person_name, whole[0].grid_name) == ("Ann", f"name of {VILLAGE}")


async def test_a_shift_by_hand_ends_or_goes(subject: Staffed) -> None:
    running = DutyShift(person=ANN, grid=VILLAGE, since=START - HOUR, until=None)
    future = DutyShift(person=BOB, grid=VILLAGE, since=START + HOUR, until=None)
    await subject.town.add_duty([running, future])
    await subject.duty.save_roster(NIGHTS, CAT)
    await subject.duty.write_rosters(MONTH, 10)
    rostered = (await listed(subject))[-1].shift
    assert await subject.duty.end_shift(running, START)
    assert await subject.duty.end_shift(future, START)
    for gone in (running, future, rostered):
        assert not await subject.duty.end_shift(gone, START)
    rows = [row.shift for row in await subject.duty.shifts("", START - DAY, START + 9 * DAY, most=100)]
    assert replace(running, until=START) in rows
    assert [one for one in rows if one.roster is None] == [replace(running, until=START)]


async def test_covers_say_who_is_there_by_appointment_and_shift(subject: Staffed) -> None:
    until = START + 8 * HOUR
    await subject.town.add_duty(
        [
            DutyShift(person=ANN, grid=VILLAGE, since=START - DAY, until=START + 4 * HOUR),
            DutyShift(person=ANN, grid=VILLAGE, since=START + 4 * HOUR, until=START + 6 * HOUR),
            DutyShift(person=BOB, grid=STREET, since=START + 5 * HOUR, until=None),
            DutyShift(person=CAT, grid=TOWN, since=START, until=until),
            DutyShift(person=CAT, grid=OTHER, since=START, until=until),
        ]
    )
    channels = [Channel.WEBHOOK, Channel.SMTP]
    places, covers = await subject.duty.covers("", START, until, channels)
    assert {place.code for place in places} == {CITY, TOWN, OTHER, VILLAGE, STREET, SCHOOL}
    found = gaps(places, covers, START, until)
    village = [
        Gap(grid=VILLAGE, code=GapCode.TIER_MISSING, since=START + 6 * HOUR, until=until),
        Gap(grid=STREET, code=GapCode.NO_CHANNEL, since=START + 6 * HOUR, until=until),
        Gap(grid=SCHOOL, code=GapCode.TIER_MISSING, since=START + 6 * HOUR, until=until),
    ]
    nobody = [Gap(grid=one, code=GapCode.NOBODY, since=START, until=until) for one in (CITY, OTHER)]
    assert found == [nobody[0], *village, nobody[1]]
    path = f"{CITY}.{TOWN}.{VILLAGE}"
    places, covers = await subject.duty.covers(path, START, until, [Channel.SMS])
    assert {place.code for place in places} == {VILLAGE, STREET, SCHOOL}
    assert {one.code for one in gaps(places, covers, START, until)} == {GapCode.NO_CHANNEL}


@pytest.mark.parametrize("reason", ["inactive", "supervisor", "no tier", "ended"])
async def test_who_is_not_called_covers_nothing(subject: Staffed, reason: str) -> None:
    await subject.town.add_duty([DutyShift(person=CAT, grid=TOWN, since=START, until=None)])
    assert len((await subject.duty.covers("", START, START + HOUR, [Channel.SMTP]))[1]) == 1
    (row,) = await subject.people.staff_named([CAT])
    if reason == "inactive":
        await subject.people.save_person(replace(row.person, active=False), None, CAT)
    elif reason == "ended":
        await subject.people.end_appointment(f"main.{CAT}", START, CAT)
    else:
        held = row.appointments[0].appointment
        changed = replace(held, tier=None) if reason == "no tier" else replace(held, supervisor=True)
        await subject.people.appoint([changed], CAT)
    assert (await subject.duty.covers("", START, START + HOUR, [Channel.SMTP]))[1] == []
    assert row.person.tier is Tier.TOWNSHIP


async def test_known_gaps_are_replaced(subject: Staffed) -> None:
    gap = Gap(grid=VILLAGE, code=GapCode.NOBODY, since=START, until=START + HOUR)
    await subject.duty.keep_gaps([gap], 6, START + DAY)
    await subject.duty.keep_gaps(
        [gap, replace(gap, since=START + 2 * HOUR, until=START + DAY)], 6, START + DAY
    )
    await subject.duty.keep_gaps([], 6, START + DAY)
