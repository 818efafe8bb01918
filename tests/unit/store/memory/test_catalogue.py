"""The twin in memory: what its callers see of it stands in the contract suite; here what it promises beside."""

from __future__ import annotations

from tests.contract.test_catalogue import SHEET
from tests.support.response import GRIDS, STREET
from tocsin.store.memory.catalogue import MemoryCatalogue


async def test_a_town_without_organisations_has_nothing_for_directories() -> None:
    store = MemoryCatalogue(lambda: {one.code: one for one in GRIDS})
    assert store.for_directory(STREET) == ((), ())
    await store.save(SHEET)
    organisations, matters = store.for_directory(STREET)
    assert len(organisations) == 3
    assert len(matters) == 2
