"""What every `PlacesStore` promises, in memory and in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.places import CITY, EAST, SHAPES, TOWN, WEST, box, parent_of
from tests.support.response import START, emptied, shared, travel
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.grids import GridKind, Position, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.memory.places import MemoryPlacesStore
from tocsin.store.places import PgPlacesStore
from tocsin.town.grid_ports import GridDraft, GridLevel, KeyPlace, PlaceKind, PlacesStore

ADA = PersonId("ada")
DAY = timedelta(days=1)
TIERS = {6: Tier.CITY, 9: Tier.TOWNSHIP, 12: Tier.VILLAGE, 15: Tier.VILLAGE}


@dataclass
class Subject:
    store: PlacesStore
    travel: Callable[[datetime], Awaitable[None]]
    database: Database | None


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        clock = ManualClock(START)

        async def jump(to: datetime) -> None:
            clock.jump(to)

        yield Subject(MemoryPlacesStore(clock), jump, None)
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await travel(database, START)

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        yield Subject(PgPlacesStore(database.pool), to, database)


def drafts() -> list[GridDraft]:
    return [
        GridDraft(
            code=GridCode(code),
            name=f"格{code[-3:]}",
            parent=None if parent_of(code) is None else GridCode(str(parent_of(code))),
            tier=TIERS[len(code)],
            outline=shape.wkb,
            region=code[:12].ljust(12, "0"),
            centre=Position(36.0, 117.0),
        )
        for code, shape in SHAPES.items()
    ]


def change(code: str, **fields: object) -> GridDraft:
    return GridDraft(code=GridCode(code), **fields)  # type: ignore[arg-type]


async def names(subject: Subject, scope: str = "", **wanted: object) -> dict[str, str]:
    found = await subject.store.records(scope, **wanted)  # type: ignore[arg-type]
    return {one.code: one.grid.path for one in found}


async def test_a_tree_comes_in_and_is_listed_in_order_of_path(subject: Subject) -> None:
    written = await subject.store.write(drafts(), person=ADA, reason="first")
    assert (written.new, written.changed, written.closed, written.same) == (8, 0, 0, 0)
    found = await subject.store.records("")
    assert [one.grid.path for one in found] == sorted(one.grid.path for one in found)
    one = found[0]
    assert (one.code, one.level, one.region, one.has_outline, one.outline, one.since) == (
        CITY,
        1,
        "370102000000",
        True,
        None,
        START,
    )
    assert (await subject.store.records("", outlines=True))[0].outline == SHAPES[CITY].wkb
    assert (await subject.store.write(drafts())).same == 8, "the same again changes nothing"
    assert await subject.store.versions(GridCode(EAST)) == []


async def test_a_subtree_is_listed_by_scope_or_code(subject: Subject) -> None:
    await subject.store.write(drafts())
    below = {EAST, f"{EAST}001", f"{EAST}002"}
    assert set(await names(subject, f"{CITY}.{TOWN}.{EAST}")) == below
    assert set(await names(subject, under=GridCode(EAST))) == below
    assert set(await names(subject, f"{CITY}.{TOWN}.{WEST}", under=GridCode(EAST))) == set()
    assert len(await names(subject, most=3)) == 3


async def test_what_a_grid_was_is_kept_with_who_changed_it_and_why(subject: Subject) -> None:
    await subject.store.write(drafts())
    await subject.travel(START + DAY)
    written = await subject.store.write(
        [change(EAST, name="东村", kind=GridKind.DEDICATED)], person=ADA, reason="sign"
    )
    assert (written.new, written.changed) == (0, 1)
    (old,) = await subject.store.versions(GridCode(EAST))
    assert (old.record.grid.name, old.record.since, old.record.until, old.person, old.reason) == (
        "格001", START, START + DAY, ADA, "sign",
    )  # fmt: skip
    assert (old.record.has_outline, old.record.outline) == (True, None)
    new = await subject.store.record(GridCode(EAST))
    assert new is not None
    assert (new.grid.name, new.grid.kind, new.since, new.outline) == (
        "东村",
        GridKind.DEDICATED,
        START + DAY,
        SHAPES[EAST].wkb,
    )


async def test_a_merge_of_villages_is_one_change_and_the_tree_of_before_can_be_read(subject: Subject) -> None:
    await subject.store.write(drafts())
    before = await names(subject)
    await subject.travel(START + DAY)
    moves = [change(f"{EAST}00{n}", parent=GridCode(WEST)) for n in (1, 2)]
    written = await subject.store.write(
        [*moves, change(WEST, outline=box(0, 0, 2, 2).wkb)], close=[GridCode(EAST)]
    )
    assert (written.changed, written.moved, written.closed) == (3, 2, 1)
    after = await names(subject)
    assert EAST not in after
    assert after[f"{EAST}001"] == f"{CITY}.{TOWN}.{WEST}.{EAST}001"
    assert await names(subject, at=START + DAY / 2) == before
    assert await names(subject, at=START + DAY) == after
    assert await names(subject, f"{CITY}.{TOWN}.{EAST}", at=START) == {
        code: path for code, path in before.items() if EAST in path.split(".")
    }
    assert await names(subject, at=START - DAY) == {}
    gone = await subject.store.record(GridCode(EAST))
    assert gone is not None
    assert gone.until == START + DAY
    west = next(one for one in await subject.store.records("", at=START, outlines=True) if one.code == WEST)
    assert west.outline == SHAPES[WEST].wkb


async def test_what_was_given_up_may_come_back_and_the_time_between_stays_empty(subject: Subject) -> None:
    await subject.store.write(drafts())
    await subject.travel(START + DAY)
    await subject.store.write([], close=[GridCode(f"{EAST}002")])
    await subject.travel(START + 2 * DAY)
    await subject.store.write([change(f"{EAST}002", name="back")])
    code = f"{EAST}002"
    there = [code in await names(subject, at=START + n * DAY / 2) for n in range(6)]
    assert there == [True, True, False, False, True, True]


async def test_a_move_takes_the_whole_subtree_along(subject: Subject) -> None:
    await subject.store.write(drafts())
    written = await subject.store.write([change(EAST, parent=GridCode(CITY))])
    assert written.moved == 3
    assert (await names(subject))[f"{EAST}001"] == f"{CITY}.{EAST}.{EAST}001"


async def test_two_changes_at_one_instant_leave_the_last(subject: Subject) -> None:
    await subject.store.write(drafts())
    for name in ("a", "b"):
        await subject.store.write([change(EAST, name=name)])
    one = await subject.store.record(GridCode(EAST))
    assert one is not None
    assert (one.grid.name, await subject.store.versions(GridCode(EAST))) == ("b", [])


async def test_a_change_that_cannot_be_changes_nothing(subject: Subject) -> None:
    await subject.store.write(drafts())
    version = await subject.store.version()
    with pytest.raises(Rejected) as refused:
        await subject.store.write([change(WEST, name="x"), change(TOWN, parent=GridCode(EAST))])
    assert refused.value.code == "grid.cycle"
    one = await subject.store.record(GridCode(WEST))
    assert one is not None
    assert (one.grid.name, await subject.store.version()) == ("格002", version)


async def test_the_number_of_the_last_change_rises_with_each(subject: Subject) -> None:
    numbers = [await subject.store.version()]
    for name in ("a", "b"):
        await subject.store.write([change(CITY, name=name)])
        numbers.append(await subject.store.version())
    assert numbers == sorted(set(numbers))


async def test_new_grids_begin_when_it_is_said(subject: Subject) -> None:
    await subject.store.write(drafts(), since=START - DAY)
    await subject.store.write([change("x", name="x", parent=GridCode(CITY), since=START - 2 * DAY)])
    assert len(await names(subject, at=START - DAY)) == 9
    assert set(await names(subject, at=START - 2 * DAY)) == {"x"}


async def test_levels_are_named_by_root(subject: Subject) -> None:
    await subject.store.write(drafts())
    levels = [GridLevel(level=1, name="区", name_en="district", most=10), GridLevel(level=2, name="镇")]
    await subject.store.set_levels(GridCode(CITY), levels)
    assert list(await subject.store.levels(GridCode(CITY))) == levels
    await subject.store.set_levels(GridCode(CITY), levels[:1])
    assert list(await subject.store.levels(GridCode(CITY))) == levels[:1]
    with pytest.raises(Rejected) as refused:
        await subject.store.set_levels(GridCode(TOWN), levels)
    assert refused.value.code == "grid.root"


def pond(name: str, grid: str) -> KeyPlace:
    return KeyPlace(
        id=name,
        kind=PlaceKind.WATER,
        name=name,
        grid=GridCode(grid),
        position=Position(36.0, 117.0),
        since=START,
    )


async def test_key_places_are_kept_by_scope_until_they_end(subject: Subject) -> None:
    await subject.store.write(drafts())
    await subject.store.add_places([pond("a", EAST), pond("b", f"{WEST}001")], ADA)
    west, east = f"{CITY}.{TOWN}.{WEST}", f"{CITY}.{TOWN}.{EAST}"
    assert [one.id for one in await subject.store.places("", None, 10)] == ["a", "b"]
    assert [one.id for one in await subject.store.places(west, None, 10)] == ["b"]
    assert [one.id for one in await subject.store.places("", GridCode(EAST), 10)] == ["a"]
    assert [(one.id, one.kind, one.grid) for one in await subject.store.watched(east)] == [
        ("a", "water", EAST)
    ]
    assert (await subject.store.around(GridCode(WEST))).places == 1
    assert not await subject.store.end_place("a", west, ADA), "not of this scope"
    assert await subject.store.end_place("a", east, ADA)
    assert not await subject.store.end_place("a", east, ADA)
    assert [one.id for one in await subject.store.places("", None, 10)] == ["b"]
    with pytest.raises(Rejected) as refused:
        await subject.store.add_places([pond("c", "none")], ADA)
    assert refused.value.code == "town.reference"
