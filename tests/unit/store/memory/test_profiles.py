"""What `tests/contract/test_profile_store.py` does not ask: two stores know nothing of each other."""

from __future__ import annotations

from tests.support.response import ANN, START
from tocsin.store.memory.profiles import MemoryProfiles


async def test_each_store_has_its_own_choice() -> None:
    one, other = MemoryProfiles(), MemoryProfiles()
    await one.choose_profile(None, "needs", ANN, START)
    assert (await one.profile_of(None), await other.profile_of(None)) == ("needs", "standard")
