from datetime import timedelta

import pytest

from tocsin.bench.engine import bench, name_of, percentiles, village


def test_percentiles_are_of_the_sorted_values_and_zero_of_nothing() -> None:
    assert percentiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p99": 3.0, "max": 3.0}
    assert percentiles([]) == {"p50": 0.0, "p99": 0.0, "max": 0.0}


def test_incidents_are_spread_over_fifty_villages_and_five_townships() -> None:
    assert len({village(place).code for place in range(500)}) == 50
    assert len({village(place).parent for place in range(500)}) == 5
    assert name_of("burst", 7) == "burst-00007"


@pytest.mark.heavy
async def test_every_deadline_of_a_burst_fires_once_with_its_notices() -> None:
    async with bench() as made:
        fired = await made.measure("burst", 600, timedelta())
        assert sum(one.deadlines for one in fired) == 600
        assert await made.row(b"select count(*) from notice where incident like 'burst-%'") == (2400,)
