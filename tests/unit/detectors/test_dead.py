from __future__ import annotations

from datetime import timedelta

from tests.support.detecting import START, camera, frame, noisy, yard
from tests.support.scenes import Gone, Scene, play
from tocsin.core.detections import Kind
from tocsin.detectors.camera import PictureBank

PICTURE = yard()[::4, ::4]


def pictures(bank: PictureBank, *instants: float) -> list[str]:
    return [
        f"{said.phase.value} {at:.0f}"
        for at in instants
        for said in bank.observe(frame(at, noisy(PICTURE, int(at))))
    ]


def ticks(bank: PictureBank, first: float, last: float, step: float = 1.0) -> list[str]:
    return [
        f"{said.phase.value} {first + number * step:.0f}"
        for number in range(int((last - first) / step) + 1)
        for said in bank.tick(START + timedelta(seconds=first + number * step))
    ]


def test_a_camera_that_stops_is_told_after_a_minute_and_two_pictures_make_it_good() -> None:
    said = play(camera("dead"), Scene(size=(160, 90), events=[Gone(30, 120)]), seconds=130)
    assert [(one.at_s, one.detection.phase.value, one.detection.kind) for one in said] == [
        (90.0, "raise", Kind.VIDEO_LOSS),
        (121.0, "clear", Kind.VIDEO_LOSS),
    ]
    assert said[0].detection.figures[0] == ("seconds", 61.0)


def test_a_slow_camera_has_three_of_its_own_intervals() -> None:
    bank = camera("dead")
    for at in range(0, 361, 60):
        assert pictures(bank, at) + ticks(bank, at, at + 59) == []
    assert ticks(bank, 420, 700) == ["raise 541"]


def test_a_camera_that_is_not_known_yet_or_never_sent_is_not_told() -> None:
    bank = camera("dead")
    assert ticks(bank, 0, 300) == []
    assert pictures(bank, 301, 302) + ticks(bank, 303, 900) == []


def test_the_time_in_which_the_box_slept_is_not_held_against_the_camera() -> None:
    bank = camera("dead")
    for at in range(20):
        assert pictures(bank, at) + ticks(bank, at, at) == []
    assert ticks(bank, 20, 40) == []
    assert ticks(bank, 5000, 5030) == []
    assert ticks(bank, 5031, 5060) == ["raise 5040"]


def test_a_restart_goes_on_where_it_was() -> None:
    bank, after = camera("dead"), camera("dead")
    for at in range(10):
        assert pictures(bank, at) + ticks(bank, at, at) == []
    after.restore(bank.snapshot())
    assert ticks(after, 3600, 3670) == ["raise 3661"]


def test_a_clock_that_is_set_back_begins_anew() -> None:
    bank = camera("dead")
    for at in range(5000, 5010):
        assert pictures(bank, at) + ticks(bank, at, at) == []
    assert ticks(bank, 100, 160) == []
    assert ticks(bank, 161, 170) == ["raise 161"]


def test_an_outage_teaches_no_patience_without_end() -> None:
    bank = camera({"detector": "dead", "most_seconds": 30})
    for at in range(10):
        assert pictures(bank, at) + ticks(bank, at, at) == []
    assert ticks(bank, 10, 200) == ["raise 70"]
    assert pictures(bank, 201, 202) == ["clear 202"]
    assert ticks(bank, 203, 400) == ["raise 263"]
