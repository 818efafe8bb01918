from __future__ import annotations

import pytest

from tests.support.database import Database
from tocsin.bench.town_city import DEPARTMENTS, GRIDS, TOWNSHIPS, VILLAGES, fill


@pytest.mark.heavy
async def test_the_city_is_as_large_as_it_says_and_hangs_together(database: Database) -> None:
    await fill(database.pool, 2000)
    ((grids,),) = await database.execute("select count(*) from grid where level = 4")
    assert grids == TOWNSHIPS * VILLAGES * GRIDS
    ((incidents, open_ones, led),) = await database.execute(
        "select count(*), count(*) filter (where open), count(lead) from incident"
    )
    assert incidents == 2000
    assert 10 < open_ones < 100
    assert led > 500
    ((torn,),) = await database.execute(
        "select count(*) from incident where state in ('rejected', 'merged') and (lead is not null or level is not null)"
    )
    assert torn == 0
    ((departments,),) = await database.execute(
        "select count(distinct organisation) from incident_organisation where organisation like 'dep-%'"
    )
    assert departments == DEPARTMENTS
