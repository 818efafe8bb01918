"""What every `Catalogue` promises, in memory and in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from tests.support.database import Database, Server
from tests.support.response import CITY, GRIDS, OTHER, START, STREET, TOWN, VILLAGE, emptied, shared
from tocsin.alerts.ports import AlertsStore
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.organisations import Authority
from tocsin.core.responders import Directory
from tocsin.core.working_time import Calendar, Limit, Terms, Unit
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.catalogue import PgCatalogue
from tocsin.store.memory.alerts import MemoryAlertsStore, Town
from tocsin.store.memory.catalogue import MemoryCatalogue
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.matters import Category, Matter, Platform, WorkingTime
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.ports import Catalogue

FIRE, SQUAD, COMMITTEE, NEIGHBOUR = (
    OrganisationCode(code) for code in ("fire", "squad", "committee", "neighbour")
)


def organisation(code: OrganisationCode, tier: Tier, grid: GridCode, **more: object) -> OrganisationEntry:
    made = OrganisationEntry(
        code=code, name=f"name of {code}", kind=OrganisationKind.TEAM, tier=tier, grid=grid, handles=True
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


LIMIT = Limit(4, Unit.WORKING_HOUR)
SHEET = CatalogueSheet(
    platforms=(Platform(code="services", name="便民服务"), Platform(code="environment", name="环境整治")),
    categories=(
        Category(code="04", name="突发事件", name_en="Emergencies"),
        Category(code="01", name="市容环境"),
    ),
    matters=(
        Matter(code="0401", name="火情", kinds=(Kind.FIRE, Kind.SMOKE), grade=Grade.III, urgent=True),
        Matter(code="0102", name="暴露垃圾", platform="environment", limits={Stage.HANDLE: LIMIT}),
        Matter(code="010201", name="大件垃圾", limits={Stage.CHECK: Limit(2, Unit.DAY)}),
    ),
    organisations=(
        organisation(
            COMMITTEE, Tier.VILLAGE, VILLAGE, parent=SQUAD, authorities=(Authority("01", Grade.IV),)
        ),
        organisation(SQUAD, Tier.TOWNSHIP, TOWN, platforms=("environment", "services"), collects=True),
        organisation(NEIGHBOUR, Tier.TOWNSHIP, OTHER, order=2),
        organisation(
            FIRE, Tier.CITY, CITY, authorities=(Authority("0401", Grade.I), Authority("", Grade.IV))
        ),
    ),
    time=WorkingTime(
        calendar=Calendar(hours=((480, 720),), closed=(date(2026, 6, 1),), worked=(date(2026, 6, 6),)),
        warn_at=0.5,
    ),
)


@dataclass
class Subject:
    store: Catalogue
    database: Database | None
    directory: Callable[[GridCode], Awaitable[Directory]]
    """What the response engine gets of it."""

    async def report_to(self, grid: GridCode, above: GridCode) -> None:
        if isinstance(self.store, MemoryCatalogue):
            self.store.report_to[grid] = above
        else:
            assert self.database is not None
            await self.database.execute("update grid set report_to = %s where code = %s", above, grid)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        town = Town(grids={one.code: one for one in GRIDS})
        memory = MemoryAlertsStore(ManualClock(START), town)
        yield Subject(town.catalogue, None, lambda grid: of(memory, grid))
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await PgTownStore(database.pool).add_grids(GRIDS)
        alerts = PgAlertsStore(database.pool, Wakeups(database.dsn))
        yield Subject(PgCatalogue(database.pool), database, lambda grid: of(alerts, grid))


async def of(store: AlertsStore, grid: GridCode) -> Directory:
    async with store.unit() as unit:
        found = await unit.directories([grid, CITY])
        assert found[grid] == await unit.directory(grid)
        return found[grid]


async def test_what_is_saved_is_read_again_in_order_of_code(subject: Subject) -> None:
    await subject.store.save(SHEET)
    assert [one.code for one in await subject.store.platforms()] == ["environment", "services"]
    assert list(await subject.store.categories()) == [SHEET.categories[1], SHEET.categories[0]]
    assert list(await subject.store.matters()) == [SHEET.matters[1], SHEET.matters[2], SHEET.matters[0]]
    assert await subject.store.matter("0401") == SHEET.matters[0]
    assert await subject.store.matter("0499") is None
    assert await subject.store.working_time() == SHEET.time
    rows = await subject.store.organisations("", after=None, most=10)
    assert [row.entry.code for row in rows] == [COMMITTEE, FIRE, NEIGHBOUR, SQUAD]
    by_code = {row.entry.code: row for row in rows}
    assert by_code[SQUAD].entry == SHEET.organisations[1]
    assert set(by_code[FIRE].entry.authorities) == set(SHEET.organisations[3].authorities)
    assert (by_code[COMMITTEE].grid_name, by_code[COMMITTEE].grid_path) == (
        f"name of {VILLAGE}",
        f"{CITY}.{TOWN}.{VILLAGE}",
    )
    assert await subject.store.organisation(SQUAD) == by_code[SQUAD]
    assert await subject.store.organisation(OrganisationCode("nobody")) is None


async def test_the_same_again_changes_nothing_and_nothing_is_taken_away(subject: Subject) -> None:
    await subject.store.save(SHEET)
    await subject.store.save(SHEET)
    await subject.store.save(CatalogueSheet(matters=(replace(SHEET.matters[0], name="火灾", kinds=()),)))
    assert len(await subject.store.matters()) == 3
    changed = await subject.store.matter("0401")
    assert changed is not None
    assert (changed.name, changed.kinds) == ("火灾", ())
    assert await subject.store.working_time() == SHEET.time
    narrowed = replace(SHEET.organisations[3], authorities=(Authority("", Grade.III),), parent=None)
    await subject.store.save(CatalogueSheet(organisations=(narrowed,)))
    row = await subject.store.organisation(FIRE)
    assert row is not None
    assert row.entry == narrowed


async def test_terms_take_what_is_missing_from_the_coarser_matter(subject: Subject) -> None:
    assert await subject.store.terms("") == Terms()
    await subject.store.save(SHEET)
    assert SHEET.time is not None
    terms = await subject.store.terms("010201")
    assert terms.limits == {Stage.HANDLE: LIMIT, Stage.CHECK: Limit(2, Unit.DAY)}
    assert (terms.calendar, terms.warn_at) == (SHEET.time.calendar, 0.5)
    assert (await subject.store.terms("0102")).limits == {Stage.HANDLE: LIMIT}
    assert (await subject.store.terms("")).limits == {}
    with pytest.raises(NotFound, match=r"matter\.unknown"):
        await subject.store.terms("0199")


async def test_a_scope_shows_its_own_and_those_above_and_nothing_of_the_neighbour(subject: Subject) -> None:
    await subject.store.save(SHEET)

    async def seen(scope: str, after: OrganisationCode | None = None, most: int = 10) -> list[str]:
        rows = await subject.store.organisations(scope, after=after, most=most)
        return [row.entry.code for row in rows]

    assert await seen(f"{CITY}.{TOWN}") == [COMMITTEE, FIRE, SQUAD]
    assert await seen(f"{CITY}.{OTHER}") == [FIRE, NEIGHBOUR]
    assert await seen("", after=FIRE, most=1) == [NEIGHBOUR]
    rows = await subject.store.organisations("", after=None, most=10, platform="environment")
    assert [row.entry.code for row in rows] == [SQUAD]


async def test_the_reporting_line_is_followed_and_may_skip_a_level(subject: Subject) -> None:
    await subject.store.save(SHEET)
    assert [(one.entry.code, one.steps) for one in await subject.store.serving(STREET)] == [
        (COMMITTEE, 1), (SQUAD, 2), (FIRE, 3),
    ]  # fmt: skip
    await subject.report_to(STREET, TOWN)
    assert [(one.entry.code, one.steps) for one in await subject.store.serving(STREET)] == [
        (SQUAD, 1), (FIRE, 2),
    ]  # fmt: skip
    await subject.report_to(TOWN, STREET)
    assert [one.entry.code for one in await subject.store.serving(STREET)] == [SQUAD], "a circle has an end"


async def test_one_that_is_given_up_serves_nobody(subject: Subject) -> None:
    await subject.store.save(SHEET)
    await subject.store.save(CatalogueSheet(organisations=(replace(SHEET.organisations[1], active=False),)))
    assert [one.entry.code for one in await subject.store.serving(VILLAGE)] == [COMMITTEE, FIRE]


async def test_an_organisation_of_an_unknown_grid_is_refused_and_nothing_is_kept(subject: Subject) -> None:
    lost = replace(SHEET.organisations[3], grid=GridCode("99"))
    with pytest.raises(Rejected, match=r"organisation\.grid"):
        await subject.store.save(replace(SHEET, organisations=(*SHEET.organisations[:3], lost)))
    assert await subject.store.organisations("", after=None, most=10) == []
    assert list(await subject.store.matters()) == []


async def test_codes_that_are_known_are_told(subject: Subject) -> None:
    await subject.store.save(SHEET)
    off = replace(SHEET.matters[0], active=False)
    await subject.store.save(CatalogueSheet(matters=(off,)))
    known = await subject.store.known()
    assert (known.platforms, known.categories) == ({"environment", "services"}, {"01", "04"})
    assert known.matters == {"0401": (), "0102": (), "010201": ()}
    assert known.organisations == {COMMITTEE: SQUAD, SQUAD: None, NEIGHBOUR: None, FIRE: None}
    names = await subject.store.organisation_names([FIRE, OrganisationCode("nobody")])
    assert names == {FIRE: "name of fire"}


async def test_a_directory_holds_the_organisations_of_its_line_and_the_matters_of_kinds(
    subject: Subject,
) -> None:
    empty = await subject.directory(STREET)
    assert (empty.organisations, empty.matters) == ((), ())
    await subject.store.save(replace(SHEET, organisations=()))
    assert (await subject.directory(STREET)).matters == (), "nothing is routed where nobody handles"
    await subject.store.save(SHEET)
    found = await subject.directory(STREET)
    assert [(one.code, one.tier, one.order) for one in found.organisations] == [
        (COMMITTEE, Tier.VILLAGE, 1), (SQUAD, Tier.TOWNSHIP, 1), (FIRE, Tier.CITY, 1),
    ]  # fmt: skip
    assert found.organisations[2].authorities == (Authority("0401", Grade.I), Authority("", Grade.IV))
    assert found.matters == ((Kind.FIRE, "0401"), (Kind.SMOKE, "0401"))
    await subject.report_to(STREET, TOWN)
    assert [one.code for one in (await subject.directory(STREET)).organisations] == [SQUAD, FIRE]
    assert [one.code for one in (await subject.directory(OTHER)).organisations] == [NEIGHBOUR, FIRE]
