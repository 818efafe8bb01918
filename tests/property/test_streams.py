"""Whatever a sensor sends, in whatever order: no detector of streams raises an error, forgets or doubles."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detecting import START_US, reading
from tocsin.core.clock import from_us
from tocsin.core.detections import Detection
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.catalog import STREAMS
from tocsin.detectors.config import DetectorsConfig, defaults

UNITS = ("m", "Cel", "%RH", "/", "", "mm")
NAMES = ("a/level", "a/temperature", "b/smoke", "b/rain")
SMALL: dict[str, dict[str, object]] = {
    "threshold": {"above": 3.0, "step_max": 1.0},
    "rate": {"change": 1.0, "window_seconds": 600, "step_max": 1.0},
    "agreement": {"above": 3.0},
    "anomaly": {"slot_seconds": 60, "learn_slots": 24},
    "shift": {"slot_seconds": 60, "learn_slots": 24, "slots": 2},
    "stuck": {"learn": 5, "learn_seconds": 0, "least_seconds": 60, "least_readings": 3, "levels": 2},
}
values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, 2.0, 2.1, 3.5, -127.0, 6553.5, 65535.0, 1e308]),
    st.none(),
)
steps = st.sampled_from([0.0, 0.001, 1.0, 60.0, 3600.0, 100_000.0, -30.0, -90_000.0])


@st.composite
def series(draw: st.DrawFn) -> list[Reading]:
    """Give readings of one stream with gaps, repeats, steps back and clocks that are lost."""
    unit = draw(st.sampled_from(UNITS))
    name = draw(st.sampled_from(NAMES))
    at, made = 1_000_000.0, []
    for step, value, lost in draw(st.lists(st.tuples(steps, values, st.booleans()), max_size=60)):
        at = max(0.0, at + step)
        one = reading(at, value, unit=unit)
        one = msgspec.structs.replace(one, stream=f"weir/{name}")
        if lost:
            one = msgspec.structs.replace(
                one, observed_us=946_684_810_000_000, quality=int(Quality.TIME_OUT_OF_RANGE)
            )
        made.append(one)
    return made


def bank(name: str) -> StreamBank:
    rule = {"name": "rule", "detector": name, **SMALL.get(name, {})}
    config = DetectorsConfig.model_validate({"detectors": [rule]})
    return StreamBank(config, at=config.detectors[0].at)


def run(one: StreamBank, readings: list[Reading]) -> list[Detection]:
    found: list[Detection] = []
    for given_reading in readings:
        found += one.observe([given_reading])
        found += one.tick(from_us(max(START_US, given_reading.at_us)))
    return found


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=30, deadline=None)
@given(readings=series(), cut=st.integers(0, 60))
def test_nothing_raises_and_a_snapshot_anywhere_changes_nothing(
    name: str, readings: list[Reading], cut: int
) -> None:
    whole = run(bank(name), readings)
    before, after = bank(name), bank(name)
    found = run(before, readings[:cut])
    after.restore(before.snapshot())
    assert found + run(after, readings[cut:]) == whole


@settings(max_examples=40, deadline=None)
@given(readings=series())
def test_a_detection_lies_inside_its_evidence_and_no_condition_is_raised_twice(
    readings: list[Reading],
) -> None:
    standing: set[tuple[str, str]] = set()
    for one in run(StreamBank(defaults(), at="centre"), readings):
        assert one.evidence.first <= one.observed <= one.evidence.last
        msgspec.json.encode(one)
        key = (one.detector, one.stream)
        if one.phase.value == "raise":
            assert key not in standing
            standing.add(key)
        elif one.phase.value == "clear":
            assert key in standing
            standing.remove(key)


@settings(max_examples=40, deadline=None)
@given(
    before=st.lists(st.floats(0, 2.4), min_size=3, max_size=30),
    wrong=st.floats(-1e6, 1e6),
    cadence=st.sampled_from([1, 10, 60, 360, 3600]),
    place=st.integers(0, 30),
)
def test_one_sample_alone_is_never_a_flood(
    before: list[float], wrong: float, cadence: int, place: int
) -> None:
    # The water itself moves by at most a decimetre between two readings.
    levels = [1.0 + level % 0.1 for level in before]
    levels.insert(place, wrong if abs(wrong - 1.0) > 1.2 else 9.0)
    one = StreamBank(defaults(), at="centre")
    found: list[Detection] = []
    for number, level in enumerate([*levels, 1.0, 1.0, 1.0]):
        given_reading = reading(number * cadence, level)
        found += one.observe([given_reading])
        found += one.tick(from_us(given_reading.at_us + min(cadence, 20) * 1_000_000))
    assert [said for said in found if said.kind.value == "flood"] == []
