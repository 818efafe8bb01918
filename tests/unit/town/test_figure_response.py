"""The figures of the response circle name the tiers and their limits."""

from __future__ import annotations

from tocsin.core.grids import Tier
from tocsin.town.figure_model import Better, Unit
from tocsin.town.figure_response import RESPONSE


def test_arrival_in_time_says_its_limit() -> None:
    titles = {one.name: one for one in RESPONSE}
    for tier, limit in ((Tier.VILLAGE, "3"), (Tier.TOWNSHIP, "10"), (Tier.CITY, "30")):
        one = titles[f"on_scene_{tier}"]
        assert f"{limit} 分钟" in one.zh.numerator
        assert f"{limit} minutes" in one.en.numerator
        assert (one.unit, one.better) == (Unit.SHARE, Better.MORE)
        assert titles[f"arrival_{tier}"].unit is Unit.SECONDS


def test_each_side_that_may_be_blamed_has_its_figure() -> None:
    names = [one.name for one in RESPONSE if one.group == "misses"]
    assert names == ["missed_by_people", "missed_by_system", "missed_by_provider"]
