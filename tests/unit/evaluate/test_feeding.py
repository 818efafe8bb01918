"""What is kept of what a side says, and what ends a replay."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.support.detecting import CAMERA, START, burning, frame, reading, yard
from tests.support.ingest import alarm
from tocsin.core.clock import to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.core.readings import Quality
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import load
from tocsin.evaluate import feeding
from tocsin.evaluate.feeding import Camera, Heard, Partition
from tocsin.evaluate.happenings import Said

RULES = load(
    """
detectors:
  - {name: high, detector: threshold, match: "*/level", above: 3}
  - {name: high-at-box, detector: threshold, match: "*/level", above: 3, at: box}
cameras:
  default: [{detector: motion, name: yard, kind: fire}]
"""
)
DEAF = load("detectors: []\ncameras: {default: []}\n")


def test_each_side_hears_its_own_rules_at_the_centre_and_at_the_box() -> None:
    loud, quiet = Heard(), Heard()
    partition = Partition(5, [(RULES, loud), (DEAF, quiet)])

    for second, value in enumerate((1.0, 4.0, 4.0)):
        partition.flush(START + timedelta(seconds=second), [reading(second, value)])

    assert {one.detection.detector for one in loud.said} == {"high", "high-at-box"}
    assert {one.at for one in loud.said} == {START + timedelta(seconds=1)}
    assert quiet.said == []
    assert (partition.streams, partition.devices) == (
        {"weir/gauge-1/level"},
        {DeviceId("weir/gauge-1")},
    )


def test_rules_over_several_sources_hear_a_sides_own_cameras_when_their_time_has_come() -> None:
    agreed = load(
        """
detectors:
  - {name: high, detector: threshold, match: "*/level", kind: flood, above: 3, alone: false}
together:
  - {name: agreed, kind: flood, within_seconds: 600, of: [{detector: high}, {device: "cam-*"}]}
"""
    )
    loud, deaf = Heard(), Heard()
    partition = Partition(5, [(agreed, loud), (agreed, deaf)])
    seen = Said(START + timedelta(seconds=30), alarm(START + timedelta(seconds=30)))
    partition.expect([[seen], []])

    partition.flush(START + timedelta(seconds=20), [reading(20, 9.0)])
    assert loud.said == []
    partition.flush(START + timedelta(seconds=40), [])

    assert [(one.at, one.detection.detector) for one in loud.said] == [
        (START + timedelta(seconds=40), "agreed")
    ]
    assert deaf.said == []


def test_what_was_hidden_live_stays_hidden() -> None:
    heard = Heard()
    late = msgspec.structs.replace(reading(1, 9.0), quality=int(Quality.OUT_OF_ORDER))

    Partition(5, [(RULES, heard)]).flush(START, [late])

    assert heard.said == []


def test_what_is_kept_needs_no_points_of_a_series() -> None:
    heard = Heard()
    Partition(5, [(RULES, heard)]).flush(START + timedelta(seconds=1), [reading(1, 9.0)])

    one = heard.said[0].detection
    assert one.evidence.values == ()
    assert to_us(one.evidence.first) == to_us(START) + 1_000_000


def test_pictures_are_shown_to_both_sides() -> None:
    loud, quiet = Heard(), Heard()
    camera = Camera(CAMERA, [(RULES, loud), (DEAF, quiet)])

    for number in range(24):
        camera.show(frame(number, yard(number) if number < 12 else burning(number)))

    assert {one.detection.detector for one in loud.said} == {"yard"}
    assert quiet.said == []


def test_a_detector_that_raises_ends_the_replay_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(PictureBank, "observe", fail)
    with pytest.raises(Rejected, match=f"detector of {CAMERA} raised"):
        Camera(CAMERA, [(RULES, Heard())]).show(frame(0, yard()))
    monkeypatch.setattr(feeding.StreamBank, "observe", fail)
    with pytest.raises(Rejected, match="partition 5 raised"):
        Partition(5, [(RULES, Heard())]).flush(START, [reading(0, 1.0)])


def test_a_configuration_that_says_too_much_ends_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "SAID_MAX", 3)
    heard = Heard()
    heard.take(START, [alarm(START)] * 3)

    with pytest.raises(Rejected, match="more than 3 detections: its detector smoke on weir/cam-1"):
        heard.take(START, [alarm(START)])


def test_the_order_is_that_of_the_centre() -> None:
    heard = Heard()
    early, late = alarm(START), alarm(START + timedelta(seconds=5))
    heard.take(START + timedelta(seconds=9), [early])
    heard.take(START + timedelta(seconds=6), [late])

    assert [one.detection for one in heard.ordered()] == [late, early]
