from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from tests.support.detecting import START, burning, camera, feed, frame, yard
from tests.support.scenes import Flames, Scene, play, raised
from tests.support.scenes.lookalikes import Balloons, Beacons
from tests.support.scenes.playing import frame_of
from tocsin.core.detections import Kind
from tocsin.detectors.camera import PictureBank


def test_a_flame_that_flutters_in_one_place_is_fire_with_its_box_and_its_scores() -> None:
    found = feed(camera("fire"), [*(yard(i) for i in range(4)), *(burning(i) for i in range(8))])
    assert [one.kind for one in found] == [Kind.FIRE]
    evidence = found[0].evidence
    assert evidence.boxes[0].x < 0.5 < evidence.boxes[0].x + evidence.boxes[0].width
    assert len(evidence.pictures) >= 3
    assert [score > 0.5 for _, score in evidence.values] == [True] * 3


def test_a_lamp_of_the_same_colour_is_none() -> None:
    images = [yard(i) for i in range(12)]
    for image in images[3:]:
        cv2.circle(image, (320, 220), 25, (60, 110, 245), -1)
        cv2.circle(image, (320, 220), 12, (120, 200, 255), -1)
    assert feed(camera("fire"), images) == []


def test_a_lamp_before_which_people_pass_is_none() -> None:
    images = [yard(i) for i in range(16)]
    for index, image in enumerate(images):
        cv2.circle(image, (320, 220), 25, (30, 100, 245), -1)
        cv2.circle(image, (320, 220), 12, (150, 240, 255), -1)
        if index >= 5:
            cv2.rectangle(
                image, (250 + 31 * (index % 4), 160), (296 + 31 * (index % 4), 340), (60, 50, 50), -1
            )
    assert feed(camera("fire"), images) == []


def test_something_orange_that_passes_is_none() -> None:
    images = [yard(i) for i in range(12)]
    for index, image in enumerate(images):
        cv2.rectangle(image, (index * 50, 200), (index * 50 + 40, 260), (40, 110, 240), -1)
    assert feed(camera("fire"), images) == []


def test_outside_the_zone_it_does_not_look() -> None:
    one = camera({"detector": "fire", "zone": [[0, 0], [0.3, 0], [0.3, 1], [0, 1]]})
    assert feed(one, [*(yard(i) for i in range(3)), *(burning(i) for i in range(8))]) == []


def test_under_infra_red_colour_says_nothing() -> None:
    images = [np.repeat(burning(i)[..., 1:2], 3, axis=2) for i in range(8)]
    assert feed(camera("fire"), images) == []


def test_a_burst_calls_a_fire_that_is_seen_every_ten_seconds() -> None:
    said = play(camera("fire"), Scene(events=[Flames(from_s=3.0)]), seconds=20, every=10.0, burst=True)
    assert [one.detection.reason_code for one in said] == ["fire.flicker"]
    assert said[0].at_s == 13.0
    evidence = said[0].detection.evidence
    assert evidence.boxes[0].label == "fire"
    assert 1 < len(evidence.pictures) <= 8


def ask(one: PictureBank, scene: Scene, at: float) -> str:
    one.observe(frame_of(scene, at))
    return one.suspicion()


def burst(one: PictureBank, scene: Scene, at: float) -> None:
    for index in range(40):
        one.observe(frame_of(scene, at + index / 25, burst=True))
    assert one.end_burst() == []


def test_a_burst_without_flicker_makes_its_place_doubtful_for_ten_minutes() -> None:
    one, scene = camera("fire"), Scene(events=[Balloons()])
    assert ask(one, scene, 10.0) == "a region with the colours of flames"
    burst(one, scene, 10.1)
    assert ask(one, scene, 60.0) == ""
    assert ask(one, scene, 500.0) == ""
    assert ask(one, scene, 700.0) != ""


def test_a_fire_that_grows_beyond_what_was_doubted_is_called() -> None:
    lamp = Beacons(at=(0.5, 0.55), apart=0.0, radius=12.0, hertz=0.01)
    one = camera("fire")
    begin = Scene(events=[lamp])
    ask(one, begin, 110.0)
    burst(one, begin, 110.1)
    said = play(
        one, Scene(events=[lamp, Flames(at=(0.5, 0.62), from_s=112.0, to_s=200.0)]), begin=112.0, seconds=20
    )
    assert [kind for _, kind in raised(said)] == [Kind.FIRE]


def test_a_state_between_two_bursts_goes_on_and_is_small() -> None:
    scene = Scene(events=[Flames(height=0.5, from_s=-9.0)])
    one = camera("fire")
    for at in range(3):
        one.observe(frame_of(scene, at))
    other = camera("fire")
    other.restore(one.snapshot())
    assert other.suspicion() == one.suspicion()
    empty = len(camera("fire").snapshot())
    assert len(one.snapshot()) - empty < 200_000
    for index in range(40):
        for bank in (one, other):
            bank.observe(frame_of(scene, 4 + index / 25, burst=True))
    assert one.end_burst() == other.end_burst()
    assert one.snapshot() == other.snapshot()


@pytest.mark.parametrize("shape", [(8, 8), (9, 300), (300, 9), (40, 40)])
def test_chance_pictures_of_any_shape_never_raise(shape: tuple[int, int]) -> None:
    chance = np.random.default_rng(shape[0])
    one = camera("fire")
    for index in range(6):
        image = chance.integers(0, 256, (*shape, 3), np.uint8)
        image[: shape[0] // 2] = (20, 110, 250)
        one.observe(frame(index, image))
        one.tick(START + timedelta(seconds=index))
    for index in range(60):
        image = chance.integers(0, 256, (*shape, 3), np.uint8)
        image[: shape[0] // 2] = (20, 100 + index, 250)
        noisy = frame(7 + index / 25, image)
        one.observe(type(noisy)(noisy.camera, noisy.observed, noisy.image, noisy.sha256, burst=True))
    one.end_burst()
