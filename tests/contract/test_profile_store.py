"""What every `ProfileStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.database import Server
from tests.support.response import ANN, CITY, OTHER, START, emptied, shared
from tocsin.store.memory.profiles import MemoryProfiles
from tocsin.store.profiles import PgProfiles
from tocsin.town.profiles import ProfileStore


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def profiles(request: pytest.FixtureRequest) -> AsyncIterator[ProfileStore]:
    if request.param == "memory":
        yield MemoryProfiles()
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        yield PgProfiles(database.pool)


async def test_a_tree_has_its_own_choice_else_that_of_all_else_the_standard(profiles: ProfileStore) -> None:
    assert await profiles.profile_of(CITY) == await profiles.profile_of(None) == "standard"
    await profiles.choose_profile(None, "patrol", ANN, START)
    assert await profiles.profile_of(CITY) == await profiles.profile_of(None) == "patrol"
    await profiles.choose_profile(CITY, "needs", ANN, START)
    assert await profiles.profile_of(CITY) == "needs"
    assert await profiles.profile_of(OTHER) == await profiles.profile_of(None) == "patrol"


async def test_a_later_choice_takes_the_place_of_the_earlier(profiles: ProfileStore) -> None:
    await profiles.choose_profile(CITY, "needs", ANN, START)
    await profiles.choose_profile(CITY, "assigned", ANN, START)
    assert await profiles.profile_of(CITY) == "assigned"
