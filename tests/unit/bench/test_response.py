import pytest

from tocsin.bench.response import Figure, judged, run


def test_a_figure_passes_at_its_bound_and_not_beyond() -> None:
    assert Figure(10, most=10).passed
    assert not Figure(10.01, most=10).passed
    assert Figure(5000, least=5000).passed
    assert not Figure(4999, least=5000).passed


def test_one_figure_that_is_missed_is_enough() -> None:
    sound, missed = Figure(1, most=2), Figure(3, most=2)
    assert judged({"a": sound})["passed"] is True
    assert judged({"a": sound, "b": missed}) == {
        "figures": {
            "a": {"value": 1, "target": "≤ 2", "passed": True},
            "b": {"value": 3, "target": "≤ 2", "passed": False},
        },
        "passed": False,
    }


@pytest.mark.heavy
async def test_a_small_run_gives_every_figure_and_loses_nothing() -> None:
    result = await run(standing=100, deadlines=20, commands=5, burst=200, killed=60, people=20, simulated=20)
    figures = result["figures"]
    assert figures["burst_notices"]["value"] == 800
    assert (figures["takeover_lost"]["value"], figures["takeover_twice"]["value"]) == (0, 0)
    assert [figures[f"calls_{name}"]["value"] for name in ("lost", "twice", "over_budget")] == [0, 0, 0]
    assert figures["simulated_per_s"]["value"] > 0
    assert figures["deadline_p99_ms"]["value"] >= 0
    assert figures["command_p99_ms"]["value"] > 0
