from __future__ import annotations

import pytest

from tests.support.detecting import phases, subject
from tests.support.moving import look, track
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Polygon
from tocsin.detectors.intrusion import IntrusionParameters, intrusion
from tocsin.detectors.look import Look, Track

ZONE: Polygon = ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0))


def watch(looks: list[Look], zone: Polygon | None = ZONE, **given: object) -> list[Detection]:
    one = intrusion(subject(Kind.INTRUSION), IntrusionParameters.model_validate(given), zone)
    return [said for each in looks for said in one.observe(each)]


def walk(seconds: list[float], **more: object) -> list[Look]:
    """Somebody in the zone from 0 s on, seen at these seconds, in a picture every 0.2 s."""
    looks = []
    for index in range(round(max(seconds) * 5) + 20):
        at = index / 5
        points = [(round(past / 5, 3), 0.7, 0.9) for past in range(index + 1) if past / 5 in seconds]
        there: tuple[Track, ...] = (track(points, **more),) if points else ()  # type: ignore[arg-type]
        looks.append(look(at, tracks=there))
    return looks


STAY = [index / 5 for index in range(10)]


def test_somebody_in_the_zone_is_raised_with_his_box_and_cleared_soon_after() -> None:
    raised, cleared = watch(walk(STAY))
    assert phases([raised, cleared]) == ["raise", "clear"]
    assert raised.reason_code == "intrusion.seen"
    assert raised.evidence.boxes[0].label == "person"
    assert (raised.observed - raised.evidence.first).total_seconds() <= 0.4
    assert (cleared.observed - raised.observed).total_seconds() < 4


def test_two_who_come_one_after_the_other_are_two_alarms() -> None:
    later = [8 + at for at in STAY]
    assert phases(watch(walk([*STAY, *later]))) == ["raise", "clear", "raise", "clear"]


def test_one_picture_is_not_enough() -> None:
    assert watch(walk([0.0])) == []


def test_nobody_is_in_a_zone_beside_him() -> None:
    assert watch(walk(STAY), ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))) == []


def test_what_no_model_named_is_called_moving() -> None:
    raised = watch(walk(STAY, label="moving", score=0.0))[0]
    assert raised.reason_code == "intrusion.moving"
    assert raised.score == 0.5
    assert "moves like" in raised.reason


def test_outside_its_hours_nothing_is_raised() -> None:
    # The pictures are of 08:00 in China.
    assert watch(walk(STAY), hours=["22:00-06:00"]) == []
    assert watch(walk(STAY), hours=["07:00-09:00"])


def test_an_alarm_is_cleared_when_its_hours_end() -> None:
    parameters = {"hours": ["07:00-08:00"], "utc_offset": "+07:59"}
    looks = [
        look(index / 5, tracks=(track([(past / 5, 0.7, 0.9) for past in range(index + 1)]),))
        for index in range(400)
    ]
    assert phases(watch(looks, **parameters)) == ["raise", "clear"]


@pytest.mark.parametrize("kind", ["cat", "dog"])
def test_what_is_not_meant_is_left_alone(kind: str) -> None:
    assert watch(walk(STAY, label=kind)) == []
