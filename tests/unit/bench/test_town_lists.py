from __future__ import annotations

from dataclasses import fields

import pytest

from tests.support.database import Server
from tocsin.alerts.ports import IncidentFilter
from tocsin.bench.town import Ground
from tocsin.bench.town_lists import FILTERS, asked, measure
from tocsin.store.connect import pool


def test_every_filter_is_asked_alone_and_in_every_pair() -> None:
    names = {one.name for one in fields(IncidentFilter)} - {"most", "before_id"}
    assert set(FILTERS) == names
    number = len(names)
    combinations = list(asked())
    assert len(set(combinations)) == len(combinations) == 1 + number + number * (number - 1) // 2 - 1
    assert ("person", "routed") not in combinations


@pytest.mark.heavy
async def test_a_small_city_gives_every_figure(database_server: Server) -> None:
    name = database_server.create(await database_server.template())
    try:
        async with pool(database_server.address(name)) as made:
            figures = await measure(Ground(database_server.address(name), made), "lists", incidents=2000)
    finally:
        database_server.drop(name)
    assert figures["lists_incidents"].value == 2000
    assert figures["lists_combinations"].value == len(list(asked()))
    assert figures["lists_pairs_p95_ms"].value > 0
