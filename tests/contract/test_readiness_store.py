"""What every `AlertsStore` promises about readiness, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    CITY,
    OTHER,
    STREET,
    TOWN,
    VILLAGE,
    Response,
    in_memory,
    in_postgres,
    shared,
)
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Readiness

PEACE, ALERT = Readiness.PEACE, Readiness.ALERT


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def response(request: pytest.FixtureRequest) -> AsyncIterator[Response]:
    if request.param == "memory":
        async with in_memory() as made:
            yield made
        return
    async with in_postgres(request.getfixturevalue("shared_database")) as made:
        yield made


async def say(response: Response, grid: GridCode, readiness: Readiness, reason: str = "flood") -> None:
    async with response.store.unit() as unit:
        await unit.set_readiness(grid, readiness, ANN, reason)


async def heard(response: Response, *grids: GridCode) -> dict[GridCode, Readiness]:
    async with response.store.unit() as unit:
        return dict(await unit.readiness(grids))


async def test_where_nothing_was_said_it_is_peace(response: Response) -> None:
    assert await heard(response, CITY, STREET) == {CITY: PEACE, STREET: PEACE}
    assert await heard(response) == {}


async def test_a_word_holds_for_what_lies_below_and_nowhere_else(response: Response) -> None:
    await say(response, TOWN, ALERT)
    assert await heard(response, CITY, TOWN, STREET, OTHER) == {
        CITY: PEACE,
        TOWN: ALERT,
        STREET: ALERT,
        OTHER: PEACE,
    }


async def test_the_nearest_word_wins_however_old_and_the_newest_of_one_grid(response: Response) -> None:
    await say(response, VILLAGE, PEACE)
    await say(response, CITY, ALERT)
    assert await heard(response, STREET, OTHER) == {STREET: PEACE, OTHER: ALERT}
    await say(response, CITY, PEACE, "over")
    assert await heard(response, OTHER) == {OTHER: PEACE}


async def test_the_same_word_again_changes_nothing(response: Response) -> None:
    for _ in range(2):
        await say(response, CITY, ALERT)
    await say(response, CITY, PEACE)
    await say(response, CITY, ALERT)
    assert await heard(response, CITY) == {CITY: ALERT}
