"""Codes of reports in words."""

from __future__ import annotations

from tocsin.town.figure_model import Better, Unit
from tocsin.town.figure_words import BETTER, TABLES, UNITS, pick, reasons
from tocsin.town.report_model import TABLES as ALL


def test_every_table_unit_and_direction_has_a_name() -> None:
    assert tuple(TABLES) == ALL
    assert set(UNITS) == set(Unit)
    assert set(BETTER) == set(Better)


def test_counts_by_reason_are_one_line() -> None:
    assert reasons({"stood_down": 3, "running": 1}, "zh") == "进行中 1，截止前撤销 3"
    assert reasons({"stood_down": 3, "running": 1}, "en") == "running 1, stood down before the deadline 3"
    assert reasons({}, "zh") == ""
    assert pick(("甲", "a"), "en") == "a"
