from __future__ import annotations

from tests.support.detecting import phases, reading, subject
from tocsin.core.ids import StreamId
from tocsin.detectors.agreement import Agreement, AgreementParameters
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import load

A, B = StreamId("weir/one/smoke"), StreamId("weir/two/smoke")


def make() -> Agreement:
    return Agreement(subject(), AgreementParameters(above=0.05, need=2, window_seconds=60))


def test_two_streams_within_the_window_raise_on_the_second() -> None:
    one = make()
    assert not one.observe(reading(0, 0.06, stream=A))
    (found,) = one.observe(reading(30, 0.07, stream=B))
    assert (found.stream, found.device) == (B, "weir/two")
    assert len(found.evidence.values) == 2


def test_the_same_stream_twice_is_one_voice() -> None:
    one = make()
    assert not one.observe(reading(0, 0.06, stream=A))
    assert not one.observe(reading(1, 0.06, stream=A))


def test_too_far_apart_does_not_agree() -> None:
    one = make()
    assert not one.observe(reading(0, 0.06, stream=A))
    assert not one.observe(reading(61, 0.06, stream=B))


def test_it_clears_on_the_stream_that_raised_when_too_few_are_left() -> None:
    one = make()
    one.observe(reading(0, 0.06, stream=A))
    one.observe(reading(1, 0.06, stream=B))
    found = one.observe(reading(2, 0.0, stream=A))
    assert phases(found) == ["clear"]
    assert found[0].stream == B


def test_a_mark_of_broken_bytes_is_no_voice() -> None:
    one = make()
    one.observe(reading(0, 0.06, stream=A))
    assert not one.observe(reading(1, 6553.5, stream=B))


def test_neighbours_in_several_collectors_agree_under_one_name() -> None:
    rules = """
detectors:
  - {name: level-slight, detector: threshold, match: "*/level", above: 2.0, kind: flood, alone: false}
together:
  - {name: level-neighbours, kind: flood, group: partition, within_seconds: 600,
     of: [{detector: level-slight}, {detector: level-slight}]}
"""
    bank = StreamBank(load(rules), at="centre")
    gauges = [StreamId(f"{box}/gauge/level") for box in ("weir", "bridge", "mill")]
    assert not bank.observe([reading(0, 3.0, stream=gauges[0])])
    (found,) = bank.observe([reading(60, 3.0, stream=gauges[1])])
    assert (found.detector, found.collector, found.stream) == ("level-neighbours", "bridge", gauges[1])
    assert not bank.observe([reading(120, 3.0, stream=gauges[2])])
    assert len(set(bank.raised())) == len(bank.raised())
