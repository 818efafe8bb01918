from __future__ import annotations

from tests.support.detecting import phases, subject
from tests.support.moving import look, track
from tocsin.core.detections import Detection, Kind
from tocsin.detectors.presence import PresenceParameters, presence


def watch(label: str = "person", **given: object) -> list[Detection]:
    one = presence(subject(Kind.PRESENCE), PresenceParameters.model_validate(given), None)
    looks = [look(at, tracks=(track([(at, 0.5, 0.8)], label=label),) if at < 5 else ()) for at in range(30)]
    return [said for each in looks for said in one.observe(each)]


def test_a_person_is_seen_and_gone() -> None:
    raised, cleared = watch()
    assert phases([raised, cleared]) == ["raise", "clear"]
    assert raised.kind is Kind.PRESENCE
    assert raised.evidence.boxes


def test_a_car_or_something_that_moves_proves_nobody() -> None:
    assert watch("vehicle") == []
    assert watch("moving") == []


def test_something_that_moves_counts_where_it_was_allowed() -> None:
    assert phases(watch("moving", moving=True)) == ["raise", "clear"]


def test_outside_its_hours_nobody_counts() -> None:
    assert watch(hours=["22:00-06:00"]) == []
