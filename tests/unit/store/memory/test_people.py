"""What the memory twin adds to its contract: readings that a test looks at."""

from tests.support.people import staffed
from tests.support.response import ANN, CAT
from tocsin.store.memory.people import MemoryPeopleStore


async def test_readings_are_kept_in_order() -> None:
    async with staffed("memory", str) as site:
        assert isinstance(site.people, MemoryPeopleStore)
        await site.people.contacts([ANN], CAT, "cat", "first")
        await site.people.contacts([ANN, CAT], CAT, "cat", "second")
        assert [one.reason for one in site.people.readings] == ["first", "second"]
        assert [one.reason for one in await site.people.contact_readings(ANN, 1)] == ["second"]
