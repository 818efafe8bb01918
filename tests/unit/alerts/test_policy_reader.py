from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.alerts.policy_reader import Reader
from tocsin.core.incidents import Mode


@pytest.mark.parametrize(
    ("value", "seconds"), [(1, 1), (0.5, 0.5), ("45s", 45), (" 3 m ", 180), ("2h", 7200), ("168h", 604_800)]
)
def test_durations(value: object, seconds: float) -> None:
    reader = Reader({"a": value})
    assert reader.duration("a") == timedelta(seconds=seconds)
    assert reader.finish() == []


@pytest.mark.parametrize("value", [0, -1, "169h", "3d", None, True, [], float("nan"), float("inf"), "1e9s"])
def test_durations_out_of_bounds_are_faults_and_never_raise(value: object) -> None:
    reader = Reader({"a": value})
    reader.duration("a")
    assert len(reader.faults) == 1
    assert reader.faults[0].startswith(
        "a: must be a duration above 0 and up to 168h like 45s, 3m or 2h, not "
    )


def test_words_are_read_in_order_and_once() -> None:
    reader = Reader({"a": ["staged", "parallel", "staged"]})
    assert reader.several("a", Mode) == (Mode.STAGED, Mode.PARALLEL)


def test_words_that_are_no_words_are_faults() -> None:
    reader = Reader({"a": [3, None, {}]})
    assert reader.several("a", Mode) == ()
    assert len(reader.faults) == 3


def test_missing_section_names_its_keys() -> None:
    reader = Reader({})
    reader.section("soft").duration("seen")
    assert reader.finish() == [
        "soft.seen: must be a duration above 0 and up to 168h like 45s, 3m or 2h, not nothing"
    ]


def test_unknown_keys_are_told_at_every_depth() -> None:
    reader = Reader({"a": {"b": 1, "c": 2}, "d": 3})
    reader.section("a").number("b", 0, 5)
    assert reader.finish() == [
        "d: unknown; write one of a, or remove it",
        "a.c: unknown; write one of b, or remove it",
    ]
