from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import shapely

from tests.support.cap import assert_valid
from tests.support.database import Database, Server
from tests.support.response import (
    GRIDS,
    OTHER,
    POLICY,
    START,
    TOWN,
    VILLAGE,
    change,
    confirmed,
    emptied,
    incident_id,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.cap import CapSender, messages
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.cap import POINTS_MOST, PgCap, border
from tocsin.store.wakeups import Wakeups

PATHS = {grid.code: grid.path for grid in GRIDS}
WEEK = timedelta(days=7)


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
            await unit.save([change(1, opened(), *confirmed()), change(2, opened(device=None))])
        yield found


async def test_confirmed_incidents_are_read_with_place_and_log(database: Database) -> None:
    square = shapely.box(119.4, 30.2, 119.6, 30.4)
    await database.execute("update grid set outline = %s where code = %s", shapely.to_wkb(square), VILLAGE)
    (source,) = await PgCap(database.pool).recent(PATHS[TOWN], WEEK, 10)
    assert (source.place.code, source.place.name) == (VILLAGE, f"name of {VILLAGE}")
    assert len(source.place.outline) == 5
    (one,) = messages(source.log, source.place, CapSender(id="x@y", name="x"))
    assert_valid(one.xml)


async def test_nothing_of_the_neighbour_and_nothing_old(database: Database) -> None:
    store = PgCap(database.pool)
    assert await store.recent(PATHS[OTHER], WEEK, 10) == []
    assert await store.find(PATHS[OTHER], incident_id(1)) is None
    assert await store.find(PATHS[TOWN], incident_id(1)) is not None
    assert await store.find("", incident_id(99)) is None
    await travel(database, START + timedelta(days=8))
    assert await store.recent("", WEEK, 10) == []


def test_a_border_is_latitude_first_and_closed() -> None:
    ring = border(shapely.to_wkb(shapely.box(119.0, 30.0, 120.0, 31.0)))
    assert ring[0] == ring[-1]
    assert {latitude for latitude, _ in ring} == {30.0, 31.0}


def test_a_long_border_is_simplified_and_of_several_parts_the_largest_is_told() -> None:
    lake = shapely.Point(119.5, 30.5).buffer(0.5, quad_segs=2000)
    parts = shapely.MultiPolygon([shapely.box(100, 20, 100.1, 20.1), lake])
    ring = border(shapely.to_wkb(parts))
    assert 4 <= len(ring) <= POINTS_MOST
    assert all(29 < latitude < 32 for latitude, _ in ring)


def test_an_empty_outline_has_no_border() -> None:
    assert border(shapely.to_wkb(shapely.Polygon())) == ()
