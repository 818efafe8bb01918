import pytest

from tocsin.bench.timers import percentiles, run


def test_percentiles_are_of_the_sorted_values_and_zero_of_nothing() -> None:
    assert percentiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p99": 3.0, "max": 3.0}
    assert percentiles([]) == {"p50": 0.0, "p99": 0.0, "max": 0.0}


@pytest.mark.heavy
async def test_a_small_run_gives_all_figures() -> None:
    result = await run(idle=10, burst=600)
    assert result["burst"]["n"] == 600
    assert result["burst"]["notices"] == 2400
    assert 0 <= result["lateness_ms"]["p50"] < 1000
