from __future__ import annotations

import msgspec
import pytest

from tests.support.detecting import START, START_US, phases, reading
from tocsin.core.clock import from_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, StreamId
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import load

AGREE = """
detectors: []
together:
  - {name: flood-agreed, kind: flood, within_seconds: 600, of: [{kind: flood, device: "gauge-*"}, {kind: flood, device: "camera-*"}]}
"""
SEQUENCE = """
detectors: []
together:
  - {name: rain-then-rise, kind: flood, in_order: true, within_seconds: 3600, of: [{kind: rain}, {detector: water-rising}]}
"""


def said(
    seconds: float,
    device: str,
    kind: Kind = Kind.FLOOD,
    phase: Phase = Phase.RAISE,
    *,
    detector: str = "rule",
    box: str = "weir",
) -> Detection:
    at = from_us(START_US + round(seconds * 1e6))
    name = f"{box}/{device}"
    return Detection(
        id=DetectionId(f"{name}-{detector}-{phase}-{seconds}"),
        collector=CollectorId(box),
        device=DeviceId(name),
        stream=StreamId(name),
        detector=detector,
        version="test/1+0",
        kind=kind,
        phase=phase,
        observed=at,
        score=0.8,
        reason="",
        reason_code="",
        evidence=Evidence(first=at, last=at),
    )


def bank(text: str = AGREE) -> StreamBank:
    return StreamBank(load(text), at="centre")


def test_a_gauge_and_a_camera_that_agree_raise_once_in_either_order() -> None:
    for first, second in (("gauge-1", "camera-1"), ("camera-1", "gauge-1")):
        one = bank()
        assert not one.hear([said(0, first)])
        (found,) = one.hear([said(300, second)])
        assert (found.phase, found.kind, found.detector) == (Phase.RAISE, Kind.FLOOD, "flood-agreed")
        assert found.device == f"weir/{second}"
        assert (found.evidence.last - found.evidence.first).total_seconds() == 300
        assert found.reason_code == "together.agree"
        assert not one.hear([said(310, "camera-2")])
        assert one.raised() == (found.id,)


def test_two_rules_of_one_device_are_one_witness() -> None:
    one = bank("detectors: []\ntogether: [{name: two, kind: fire, of: [{kind: smoke}, {kind: fire}]}]")
    smoke = said(0, "camera-1", Kind.SMOKE, detector="smoke")
    assert not one.hear([smoke, said(1, "camera-1", Kind.FIRE, detector="fire")])
    assert phases(one.hear([said(2, "heat-1", Kind.FIRE)])) == ["raise"]


def test_one_condition_fills_one_part_only() -> None:
    one = bank("detectors: []\ntogether: [{name: two, kind: flood, of: [{kind: flood}, {kind: flood}]}]")
    assert not one.hear([said(0, "gauge-1")])
    assert not one.hear([said(10, "gauge-1")])
    assert phases(one.hear([said(20, "gauge-2")])) == ["raise"]


def test_what_is_over_counts_for_the_window_only() -> None:
    one = bank()
    one.hear([said(0, "gauge-1"), said(60, "gauge-1", phase=Phase.CLEAR)])
    assert not one.hear([said(661, "camera-1")])
    one.hear([said(700, "camera-1", phase=Phase.CLEAR)])
    assert phases(one.hear([said(1200, "gauge-1")])) == ["raise"]


def test_what_still_stands_counts_however_long_ago_it_began() -> None:
    one = bank()
    one.hear([said(0, "gauge-1")])
    assert phases(one.hear([said(9000, "camera-1")])) == ["raise"]


def test_rain_and_then_a_rise_but_not_the_other_way_round() -> None:
    rain = said(0, "rain-1", Kind.RAIN, detector="rain-heavy")
    rise = said(900, "gauge-1", detector="water-rising")
    (found,) = bank(SEQUENCE).hear([rain, rise])
    assert found.reason_code == "together.sequence"
    early = msgspec.structs.replace(rise, observed=START)
    late = msgspec.structs.replace(rain, observed=from_us(START_US + 10_000_000))
    assert not bank(SEQUENCE).hear([early, late])


def test_it_clears_when_none_of_its_sources_stands() -> None:
    one = bank()
    one.hear([said(0, "gauge-1"), said(10, "camera-1")])
    assert not one.hear([said(20, "camera-1", phase=Phase.CLEAR)])
    (over,) = one.hear([said(30, "gauge-1", phase=Phase.CLEAR)])
    assert (over.phase, over.stream) == (Phase.CLEAR, "weir/camera-1")
    assert one.raised() == ()
    one.hear([said(2000, "gauge-1")])
    assert phases(one.hear([said(2010, "camera-1")])) == ["raise"]


def test_groups_keep_villages_apart_unless_the_rule_joins_them() -> None:
    one = bank()
    assert not one.hear([said(0, "gauge-1"), said(1, "camera-1", box="mill")])
    wide = bank(AGREE.replace("within_seconds: 600", "group: partition"))
    (found,) = wide.hear([said(0, "gauge-1"), said(1, "camera-1", box="mill")])
    assert found.collector == "mill"


def test_rules_over_streams_feed_it_by_themselves() -> None:
    one = bank("""
detectors:
  - {name: high, detector: threshold, match: "*/level", above: 3, kind: flood}
together:
  - {name: both, kind: flood, of: [{detector: high}, {detector: high}]}
""")
    found = one.observe([reading(i, 4, stream=StreamId(f"weir/gauge-{i}/level")) for i in range(2)])
    assert [f"{one.detector} {one.phase}" for one in found] == ["high raise", "high raise", "both raise"]


def test_a_rule_that_may_not_raise_alone_is_heard_all_the_same() -> None:
    one = bank("""
detectors:
  - {name: damp, detector: threshold, match: "*/level", above: 1, kind: flood, alone: false}
together:
  - {name: agreed, kind: flood, of: [{detector: damp}, {kind: flood, device: "camera-*"}]}
""")
    assert one.observe([reading(0, 2)]) == []
    assert one.raised() == ()
    assert [found.detector for found in one.hear([said(5, "camera-1")])] == ["agreed"]
    assert phases(one.observe([reading(6, 0)])) == []
    assert phases(one.hear([said(7, "camera-1", phase=Phase.CLEAR)])) == ["clear"]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_restart_anywhere_changes_nothing(cut: int) -> None:
    heard = [
        said(0, "gauge-1"),
        said(10, "camera-1"),
        said(20, "camera-1", phase=Phase.CLEAR),
        said(30, "gauge-1", phase=Phase.CLEAR),
    ]
    whole = [found for one in [bank()] for each in heard for found in one.hear([each])]
    first, second = bank(), bank()
    found = [f for each in heard[:cut] for f in first.hear([each])]
    assert second.restore(first.snapshot()) == []
    assert second.raised() == first.raised()
    assert found + [f for each in heard[cut:] for f in second.hear([each])] == whole


def test_memory_is_bounded() -> None:
    one = bank()
    sizes = []
    for part in range(3):
        for index in range(3000):
            one.hear([said(part * 3000 + index, f"gauge-{part}-{index}")])
        sizes.append(len(one.snapshot()))
    assert sizes[2] <= sizes[1] + 64


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("together: [{name: x, kind: flood, of: [{kind: flood}]}]", "of"),
        ("together: [{name: x, kind: flood, of: [{}, {kind: fire}]}]", "name at least one"),
        ("together: [{name: x, of: [{kind: flood}, {kind: fire}]}]", "kind"),
        ("together: [{name: x, kind: flood, of: [{kind: flod}, {kind: fire}]}]", "kind"),
        (
            "{detectors: [{name: x, detector: threshold, above: 1}], together: [{name: x, kind: flood, of: [{kind: flood}, {kind: fire}]}]}",
            "choose another",
        ),
    ],
)
def test_faults_say_what_to_write(text: str, said_: str) -> None:
    with pytest.raises(Rejected) as refused:
        load(text)
    assert said_ in refused.value.reason
