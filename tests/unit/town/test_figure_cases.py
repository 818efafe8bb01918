"""The figures of cases: each stage with a limit has its own."""

from __future__ import annotations

from tocsin.core.incidents import Stage
from tocsin.town.figure_cases import CASES
from tocsin.town.figure_model import Better


def test_every_stage_whose_limit_stands_in_an_event_has_a_figure() -> None:
    names = {one.name for one in CASES if one.group == "stages"}
    assert names == {f"on_time_{stage}" for stage in Stage if stage not in {Stage.RECEIVE, Stage.EVALUATE}}


def test_less_is_better_of_what_goes_wrong() -> None:
    by_name = {one.name: one.better for one in CASES}
    for name in ("rework", "returned", "supervised", "overdue_open", "false_alarms"):
        assert by_name[name] is Better.LESS
    for name in ("closed", "satisfied", "case_on_time", "called_back"):
        assert by_name[name] is Better.MORE
