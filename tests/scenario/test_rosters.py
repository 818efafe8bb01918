"""A quarter of a town's duty by rosters, played through the directory that calls people.

The town's nights of late 2025: National Day, a swap, an absence, a new member, a year that ends. At every instant
it is asked who would be called, as the response engine asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.people import KINDS, Staffed, staffed
from tests.support.response import ANN, BOB, CAT, CITY, STREET, TOWN, VILLAGE, shared
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL, DayKind
from tocsin.town.appointments import Appointment, AppointmentRole
from tocsin.town.coverage import gaps
from tocsin.town.ports import ContactAddress, Person
from tocsin.town.roster import HORIZON, ChangeKind, Pattern, Roster, RosterChange, Slot, Step

SEPTEMBER = datetime(2025, 9, 14, 16, tzinfo=UTC)
DEE, EVE = PersonId("dee"), PersonId("eve")
NIGHTS = Roster(
    id="nights",
    grid=VILLAGE,
    name="夜班",
    tier=Tier.VILLAGE,
    pattern=Pattern(
        groups={"甲": (ANN,), "乙": (BOB,), "丙": (DEE,), "丁": (EVE,)},
        slots=(Slot(begins=20 * 60, lasts=12 * 60, order=("甲", "乙", "丙", "丁")),),
        first=date(2025, 9, 15),
    ),
    since=SEPTEMBER,
)
"""One night in four."""
DAYS = Roster(
    id="days",
    grid=VILLAGE,
    name="白班",
    tier=Tier.VILLAGE,
    pattern=Pattern(
        groups={"班": (ANN, BOB), "周": (DEE,), "节": (EVE,), "假": (BOB,)},
        slots=(
            Slot(begins=8 * 60, lasts=12 * 60, order=("班",), days=(DayKind.WORKING,)),
            Slot(begins=8 * 60, lasts=12 * 60, order=("周",), days=(DayKind.WEEKEND,)),
            Slot(begins=8 * 60, lasts=12 * 60, order=("节", "假"), step=Step.TURN, days=(DayKind.HOLIDAY,)),
        ),
        first=date(2025, 10, 1),
    ),
    since=SEPTEMBER,
)
TOWNSHIP = Roster(
    id="township",
    grid=TOWN,
    name="镇值班",
    tier=Tier.TOWNSHIP,
    pattern=Pattern(
        groups={"a": (CAT,)}, slots=(Slot(begins=0, lasts=1440, order=("a",)),), first=date(2025, 9, 15)
    ),
    since=SEPTEMBER,
)


@dataclass
class Play:
    town: Staffed

    async def at(
        self, month: int, day: int, hour: int, minute: int = 0, *, year: int = 2025
    ) -> list[PersonId]:
        """Travel there with the keeper's round, and ask who of the village would be called."""
        await self.town.travel(datetime(year, month, day, hour, minute, tzinfo=LOCAL))
        while await self.town.duty.write_rosters(HORIZON, 10):
            pass
        return await self.was(month, day, hour, minute, year=year)

    async def was(
        self, month: int, day: int, hour: int, minute: int = 0, *, year: int = 2025
    ) -> list[PersonId]:
        """Ask who of the village is called at an instant, by what is written now."""
        await self.town.travel(datetime(year, month, day, hour, minute, tzinfo=LOCAL))
        return [one.person for one in (await self.town.directory(STREET)).on(Tier.VILLAGE)]


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=KINDS)
async def play(request: pytest.FixtureRequest) -> AsyncIterator[Play]:
    async with staffed(request.param, lambda: request.getfixturevalue("shared_database"), SEPTEMBER) as town:
        newcomers = [
            Person(id=one, name=one.title(), grid=VILLAGE, tier=Tier.VILLAGE, order=5) for one in (DEE, EVE)
        ]
        await town.town.add_people(
            newcomers,
            [
                ContactAddress(person=one, channel=Channel.SMS, address="139", rank=1)
                for one in (ANN, BOB, CAT, DEE, EVE)
            ],
        )
        for roster in (NIGHTS, DAYS, TOWNSHIP):
            await town.duty.save_roster(roster, CAT)
        await town.duty.write_rosters(HORIZON, 10)
        yield Play(town)


async def test_a_quarter_of_nights_days_and_a_national_day(play: Play) -> None:
    assert await play.at(9, 15, 19, 59) == [ANN, BOB]
    assert await play.at(9, 15, 20) == [ANN]
    assert await play.at(9, 16, 7, 59) == [ANN]
    assert await play.at(9, 16, 8) == [ANN, BOB]
    assert [await play.at(9, day, 23) for day in (16, 17, 18, 19)] == [[BOB], [DEE], [EVE], [ANN]]
    assert await play.at(9, 20, 12) == [DEE], "a Saturday"
    assert await play.at(9, 28, 12) == [ANN, BOB], "a Sunday that is worked for National Day"
    assert [await play.at(10, day, 12) for day in range(1, 9)] == [[EVE], [BOB]] * 4, "eight days, in turn"
    assert await play.at(10, 9, 12) == [ANN, BOB]
    assert await play.at(10, 11, 12) == [ANN, BOB], "a Saturday that is worked"
    assert await play.at(10, 12, 12) == [DEE], "a Sunday that is not"
    assert await play.at(12, 1, 2) == [ANN], (
        "the night of 30 November is the 77th: two months after the first writing"
    )


async def test_the_year_ends_and_the_rotation_goes_on(play: Play) -> None:
    assert await play.at(12, 31, 23, 59) == [EVE]
    assert await play.at(1, 1, 0, 1, year=2026) == [EVE]
    assert await play.at(1, 1, 12, year=2026) == [EVE], (
        "New Year's Day is the ninth holiday since the first of October"
    )
    assert await play.at(1, 1, 20, year=2026) == [ANN]
    assert await play.at(1, 4, 12, year=2026) == [ANN, BOB], "a Sunday that is worked for the New Year"


async def test_a_swap_and_an_absence_decide_who_is_called_from_the_moment_they_are_noted(play: Play) -> None:
    assert await play.at(10, 1, 21) == [ANN]
    swap = RosterChange(
        id="swap",
        roster="nights",
        kind=ChangeKind.SWAP,
        person=ANN,
        other=DEE,
        since=datetime(2025, 10, 1, 22, tzinfo=LOCAL),
        until=datetime(2025, 10, 5, 12, tzinfo=LOCAL),
    )
    await play.town.duty.change_roster(swap, CAT)
    ill = RosterChange(
        id="ill",
        roster="days",
        kind=ChangeKind.ABSENCE,
        person=ANN,
        since=datetime(2025, 10, 9, 10, tzinfo=LOCAL),
        until=datetime(2025, 10, 10, 10, tzinfo=LOCAL),
    )
    await play.town.duty.change_roster(ill, CAT)
    assert await play.at(10, 1, 21, 30) == [ANN]
    assert await play.at(10, 1, 22) == [DEE]
    assert await play.at(10, 3, 23) == [ANN], "and she does his night"
    assert await play.at(10, 5, 20) == [ANN]
    assert await play.at(10, 9, 9) == [ANN, BOB]
    assert await play.at(10, 9, 10) == [BOB]
    assert await play.at(10, 10, 10) == [ANN, BOB]


async def test_what_was_stays_as_it_was_when_the_rota_changes(play: Play) -> None:
    assert await play.at(10, 20, 12) == [ANN, BOB]
    assert await play.at(11, 3, 21) == [BOB]
    alone = Slot(begins=20 * 60, lasts=12 * 60, order=("甲",))
    fewer = replace(NIGHTS, pattern=Pattern(groups={"甲": (ANN,)}, slots=(alone,), first=date(2025, 11, 1)))
    await play.town.duty.save_roster(fewer, CAT)
    assert await play.at(11, 3, 21) == [ANN]
    assert await play.was(11, 3, 20) == [BOB], "an hour ago it was he, and the record says so"
    assert await play.was(9, 16, 23) == [BOB]


async def test_a_member_whose_term_ends_is_called_no_more_and_the_gap_is_seen(play: Play) -> None:
    await play.town.people.end_appointment("main.eve", datetime(2025, 9, 30, tzinfo=LOCAL), CAT)
    await play.town.people.appoint(
        [
            Appointment(
                id="eve-again",
                person=EVE,
                grid=STREET,
                role=AppointmentRole.GRID_MEMBER,
                tier=Tier.VILLAGE,
                since=datetime(2025, 10, 20, tzinfo=LOCAL),
                until=datetime(2028, 10, 20, tzinfo=LOCAL),
            )
        ],
        CAT,
    )
    assert await play.at(9, 26, 23) == [EVE]
    assert await play.at(10, 4, 23) == [], "her night, and she is no longer appointed"
    assert await play.at(10, 20, 23) == [EVE]
    await play.at(10, 1, 0)
    since = datetime(2025, 10, 1, tzinfo=LOCAL)
    until = since + timedelta(days=28)
    places, covers = await play.town.duty.covers(f"{CITY}.{TOWN}.{VILLAGE}", since, until, [Channel.SMS])
    found = gaps(places, covers, since, until)
    street = [
        (one.since.astimezone(LOCAL), one.until.astimezone(LOCAL)) for one in found if one.grid == STREET
    ]
    hours = [((1, 0), (1, 20)), ((3, 8), (3, 20)), ((4, 20), (5, 20)), ((7, 8), (7, 20)),
             ((8, 20), (9, 8)), ((12, 20), (13, 8)), ((16, 20), (17, 8))]  # fmt: skip
    expected = [
        (datetime(2025, 10, *begin, tzinfo=LOCAL), datetime(2025, 10, *end, tzinfo=LOCAL))
        for begin, end in hours
    ]
    assert street == expected


async def test_a_full_roster_is_silent(play: Play) -> None:
    await play.at(9, 15, 0)
    until = SEPTEMBER + timedelta(days=44)
    places, covers = await play.town.duty.covers(f"{CITY}.{TOWN}", SEPTEMBER, until, [Channel.SMS])
    assert len(places) == 4
    assert gaps(places, covers, SEPTEMBER, until) == []
