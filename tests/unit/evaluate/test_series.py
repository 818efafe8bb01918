from __future__ import annotations

from tests.support.detecting import START_US
from tocsin.core.detections import Kind
from tocsin.core.readings import Quality
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate.series import Channel, Point, play, with_parameters

HIGH = DetectorsConfig.model_validate(
    {"detectors": [{"name": "high", "detector": "threshold", "above": 5, "for_seconds": 30, "kind": "flood"}]}
)


def at(seconds: float) -> int:
    return START_US + round(seconds * 1e6)


def channel(*values: float | None, step: float = 60, name: str = "gauge/level") -> Channel:
    return Channel(name, "m", [Point(row, at(row * step), value) for row, value in enumerate(values)])


def test_a_spell_begins_and_ends_at_its_rows() -> None:
    (spell,) = play(HIGH, [channel(1, 9, 9, 9, 1)]).spells
    assert (spell.rule, spell.detector, spell.kind, spell.channel) == (
        "high",
        "threshold",
        Kind.FLOOD,
        "gauge/level",
    )
    assert (spell.row, spell.to_row) == (2, 4)
    assert spell.to_us == at(240)


def test_time_passes_between_readings_so_that_a_value_can_hold() -> None:
    # The second reading stands for an hour; without ticks it would never last 30 s.
    played = play(HIGH, [channel(1, 9, 1, step=3600)])
    assert [spell.rule for spell in played.spells] == ["high"]


def test_channels_are_merged_by_time_and_counted() -> None:
    played = play(HIGH, [channel(1, 1, 1, step=43_200), channel(2, None, name="other/level")])
    assert played.readings == 5
    assert abs(played.sensor_days - (1 + 60 / 86_400)) < 1e-9


def test_readings_out_of_order_are_dropped_and_a_missing_number_says_so() -> None:
    back = Channel(
        "gauge/level", "m", [Point(0, at(100), 1.0), Point(1, at(50), 9.0), Point(2, at(200), None)]
    )
    faults = DetectorsConfig.model_validate({"detectors": [{"name": "f", "detector": "plausible"}]})
    played = play(faults, [back])
    assert played.dropped == 1
    assert [spell.code for spell in played.spells] == ["plausible.no_number"]


def test_a_device_that_says_another_time_is_heard_as_it_spoke() -> None:
    lost = Channel(
        "g/level", "m", [Point(0, at(0), 1.0, 946_684_810_000_000, int(Quality.TIME_OUT_OF_RANGE))]
    )
    faults = DetectorsConfig.model_validate({"detectors": [{"name": "f", "detector": "plausible"}]})
    assert [spell.code for spell in play(faults, [lost]).spells] == ["plausible.clock"]


def test_parameters_of_one_detector_can_be_changed_for_all_its_rules() -> None:
    changed = with_parameters(HIGH, {"threshold": {"above": 50}, "rate": {"change": 1}})
    assert play(changed, [channel(1, 9, 9, 9)]).spells == []
    assert HIGH.detectors[0].parameters["above"] == 5
