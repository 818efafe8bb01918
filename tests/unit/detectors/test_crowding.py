from __future__ import annotations

from tests.support.detecting import phases, subject
from tests.support.moving import look, track
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Box, Polygon
from tocsin.detectors.crowding import CrowdingParameters, crowding
from tocsin.detectors.look import Look

LEFT: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def people(seconds: float, count: int, *, left: float = 0.02, label: str = "person") -> Look:
    boxes = tuple(Box(left + 0.03 * index, 0.4, 0.02, 0.2, label, 0.8) for index in range(count))
    return look(seconds, things=boxes)


def moving(seconds: float, count: int) -> Look:
    return look(
        seconds,
        tracks=tuple(
            track([(seconds, 0.02 + 0.03 * index, 0.6)], number=index, label="moving", sure=False)
            for index in range(count)
        ),
    )


def watch(looks: list[Look], **given: object) -> list[Detection]:
    one = crowding(subject(Kind.CROWDING), CrowdingParameters.model_validate(given), LEFT)
    return [said for each in looks for said in one.observe(each)]


def test_many_for_several_pictures_are_a_crowd_until_they_go() -> None:
    looks = [people(at, 10) for at in range(8)] + [people(at, 2) for at in range(8, 30)]
    raised, cleared = watch(looks)
    assert phases([raised, cleared]) == ["raise", "clear"]
    assert raised.reason_code == "crowding.people"
    assert dict(raised.figures)["people"] == 10


def test_two_pictures_with_too_many_are_passed_over() -> None:
    assert watch([people(at, 30 if at in {4, 5} else 3) for at in range(20)]) == []


def test_at_five_pictures_a_second_a_moment_is_not_enough() -> None:
    assert watch([people(at / 5, 10 if 10 <= at < 15 else 2) for at in range(40)]) == []
    assert watch([people(at / 5, 10) for at in range(40)])


def test_people_elsewhere_and_other_things_do_not_count() -> None:
    assert watch([people(at, 12, left=0.55) for at in range(10)]) == []
    assert watch([people(at, 12, label="car") for at in range(10)]) == []


def test_without_a_model_it_is_a_suspicion_and_says_so() -> None:
    raised = watch([moving(at, 12) for at in range(8)])[0]
    assert raised.score < 0.5
    assert raised.reason_code == "crowding.moving"
    assert "perhaps" in raised.reason


def test_old_counts_and_other_hours_say_nothing() -> None:
    assert watch([people(at * 300, 12) for at in range(10)]) == []
    assert watch([people(at, 12) for at in range(10)], hours=["22:00-06:00"]) == []
