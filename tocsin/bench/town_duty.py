"""How long a look at a month of a city's duty takes, and how long its rosters take to be written.

32,000 grids at the bottom of 1,000 villages and 100 townships, 65,000 people, two for every grid and a
thousand above. Every grid has a rotation by which its two people take turns at day and night, so that a month is
two million shifts; one grid in a hundred has a night without anybody, which is to be found and no other (villages have
nobody of their own beside their grids, which is to be found, too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from tocsin.bench.response import Figure
from tocsin.bench.town import Ground
from tocsin.core.clock import SystemClock
from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import Calendar
from tocsin.store.connect import connection
from tocsin.store.duty import PgDutyStore
from tocsin.store.people import PgPeopleStore
from tocsin.store.town import PgTownStore
from tocsin.town.coverage import GapCode
from tocsin.town.duty_report import report
from tocsin.town.ports import ContactAddress, Person
from tocsin.town.roster import Pattern, Roster, Slot, expand

_clock = SystemClock()

TOWNSHIPS: Final = 100
VILLAGES: Final = 10
"""Of a township."""
GRIDS: Final = 32
"""Of a village."""
GAPS_EVERY: Final = 100
MONTH: Final = timedelta(days=31)
SECONDS: Final = 10.0
WRITTEN: Final = 500
"""Rosters whose writing is measured."""
_SAMPLES: Final = 3
COPIED: Final = 100_000
"""Shifts filled in one transaction."""


async def measure(ground: Ground, part: str) -> Mapping[str, Figure]:
    """Fill a city, look at a month of it, and write rosters anew; takes some minutes, most of it for filling."""
    del part
    since = _clock.now().replace(minute=0, second=0, microsecond=0)
    grids, people = _city()
    town = PgTownStore(ground.pool)
    await town.add_grids(grids)
    for first in range(0, len(people), 5000):
        batch = people[first : first + 5000]
        await town.add_people(
            batch,
            [ContactAddress(person=one.id, channel=Channel.SMS, address="139", rank=1) for one in batch],
        )
    shifts, planted = await _on_duty(ground, grids, people, since)
    duty, staff = PgDutyStore(ground.pool), PgPeopleStore(ground.pool)
    took = []
    for _ in range(_SAMPLES):
        begin = _clock.monotonic()
        found = await report(
            duty, staff, [Channel.SMS], scope="", since=since, until=since + MONTH, now=since
        )
        took.append(_clock.monotonic() - begin)
    missing = {one.grid for one in found.gaps if one.code is GapCode.TIER_MISSING}
    return {
        "coverage_s": Figure(max(took), most=SECONDS),
        "coverage_shifts": Figure(shifts, least=2_000_000),
        "coverage_people": Figure(len(people), least=65_000),
        "coverage_wrong": Figure(len(missing ^ planted), most=0),
        "roster_ms": Figure(await _write(duty, grids, since), most=20.0),
    }


def _city() -> tuple[list[Grid], list[Person]]:
    grids = [Grid(code=GridCode("c"), name="City", parent=None, tier=Tier.CITY, path="c")]
    people = [_person(grids[0], 0)]
    for township in range(TOWNSHIPS):
        town = _below(grids[0], f"t{township}", Tier.TOWNSHIP)
        grids.append(town)
        people += [_person(town, number) for number in range(10)]
        for village in range(VILLAGES):
            home = _below(town, f"{town.code}v{village}", Tier.VILLAGE)
            grids.append(home)
            lowest = [_below(home, f"{home.code}g{number}", Tier.VILLAGE) for number in range(GRIDS)]
            grids += lowest
            people += [_person(one, number) for one in lowest for number in range(2)]
    return grids, people


def _below(above: Grid, code: str, tier: Tier) -> Grid:
    return Grid(code=GridCode(code), name=code, parent=above.code, tier=tier, path=f"{above.path}.{code}")


def _person(grid: Grid, number: int) -> Person:
    name = f"{grid.code}p{number}"
    return Person(id=PersonId(name), name=name, grid=grid.code, tier=grid.tier)


def _roster(grid: Grid, since: datetime) -> Roster:
    """Give a rotation of two people, day and night."""
    groups: dict[str, tuple[PersonId, ...]] = {
        str(number): (_person(grid, number).id,) for number in range(2)
    }
    slots = (
        Slot(begins=8 * 60, lasts=720, order=("0", "1")),
        Slot(begins=20 * 60, lasts=720, order=("1", "0")),
    )
    pattern = Pattern(groups=groups, slots=slots, first=date(2026, 1, 1))
    return Roster(id=f"r-{grid.code}", grid=grid.code, name=grid.code, pattern=pattern, since=since)


async def _on_duty(
    ground: Ground, grids: list[Grid], people: list[Person], since: datetime
) -> tuple[int, set[GridCode]]:
    """Write the shifts of a month; gives how many, and the grids in which one is missing."""
    until = since + MONTH
    count, planted = 0, set[GridCode]()
    always = [one for one in people if one.tier is not Tier.VILLAGE]
    lowest = [grid for grid in grids if "g" in grid.code]
    villages = {grid.code for grid in grids if grid.tier is Tier.VILLAGE and "g" not in grid.code}
    rows: list[tuple[PersonId, GridCode, datetime, datetime | None]] = [
        (one.id, one.grid, since - MONTH, None) for one in always
    ]
    for number, grid in enumerate(lowest):
        shifts = expand(_roster(grid, since - timedelta(days=2)), [], since, until, Calendar())
        gap = None
        if number % GAPS_EVERY == 0:
            gap = shifts[len(shifts) // 2]
            planted.add(grid.code)
        rows += [(one.person, one.grid, one.since, one.until) for one in shifts if one is not gap]
        if len(rows) > COPIED or number == len(lowest) - 1:
            await _copy(ground, rows)
            count, rows = count + len(rows), []
    async with connection(ground.pool) as database:
        await database.execute("analyze")
    return count, planted | villages


async def _copy(ground: Ground, rows: Sequence[tuple[PersonId, GridCode, datetime, datetime | None]]) -> None:
    async with (
        connection(ground.pool) as database,
        database.cursor() as cursor,
        cursor.copy("copy duty_shift (person, grid, since, until) from stdin") as copy,
    ):
        for row in rows:
            await copy.write_row(row)


async def _write(duty: PgDutyStore, grids: list[Grid], since: datetime) -> float:
    """Write rosters; gives milliseconds for each."""
    lowest = [grid for grid in grids if "g" in grid.code][:WRITTEN]
    for grid in lowest:
        await duty.save_roster(_roster(grid, since), PersonId("bench"))
    begin = _clock.monotonic()
    done = await duty.write_rosters(timedelta(days=45), WRITTEN)
    return (_clock.monotonic() - begin) * 1000 / done
