from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from tests.support.detecting import CAMERA, frame, yard
from tests.support.moving import Told
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Image
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors
from tocsin.detectors.following import Following
from tocsin.detectors.look import Look, Scene


@cache
def walker(index: int) -> Image:
    """A yard through which somebody walks from the ninth picture on."""
    image = yard(index)
    if index >= 8:
        x = 20 + 22 * (index - 8)
        cv2.rectangle(image, (x, 130), (x + 44, 270), (20, 20, 200), -1)
    return image


def film(one: Following, count: int = 28, *, first: int = 0, scene: Scene | None = None) -> list[Look]:
    scene = scene or Scene()
    return [one.see(scene.look(frame(index / 5, walker(index)))) for index in range(first, first + count)]


def test_without_a_model_somebody_who_walks_is_a_moving_thing() -> None:
    looks = film(Following([None]))
    assert all(look.things is None for look in looks)
    (track,) = looks[-1].tracks
    assert (track.label, track.sure) == ("moving", True)
    assert not looks[7].tracks


def test_a_model_is_shown_only_what_moves_and_its_finds_come_back_in_their_place() -> None:
    told, scene = Told(), Scene()
    one = Following([None], finder=told)
    looks = film(one, 8, scene=scene)
    assert [look.things is None for look in looks] == [False] * 3 + [True] * 5
    assert told.shown == [(640, 360)] * 3
    told.boxes = (Box(0.25, 0.25, 0.5, 0.5, "person", 0.9),)
    looks = film(one, 20, first=8, scene=scene)
    for look, (width, height) in zip(looks, told.shown[3:], strict=True):
        (box,) = look.things or ()
        assert width * height < 640 * 360
        assert (box.width, box.height) == pytest.approx((0.5 * width / 640, 0.5 * height / 360), abs=1e-3)
        assert 0 <= box.x <= 1 - box.width
    assert looks[-1].tracks[0].label == "person"


def test_a_state_taken_anywhere_changes_nothing() -> None:
    scene, other_scene = Scene(), Scene()
    whole = film(Following([None], finder=Told(Box(0.3, 0.2, 0.4, 0.7, "person", 0.8))), scene=scene)
    first = Following([None], finder=Told(Box(0.3, 0.2, 0.4, 0.7, "person", 0.8)))
    found = film(first, 15, scene=other_scene)
    second = Following([None], finder=Told(Box(0.3, 0.2, 0.4, 0.7, "person", 0.8)))
    second.restore(first.snapshot())
    found += film(second, 13, first=15, scene=other_scene)
    assert [(look.things, look.tracks) for look in found] == [(look.things, look.tracks) for look in whole]


def test_a_damaged_state_is_refused() -> None:
    one = Following([None])
    film(one, 12)
    with pytest.raises(Rejected, match=r"detectors\.state"):
        Following([None]).restore(one.snapshot()[:-9])


def test_its_state_is_small_whatever_it_is_shown() -> None:
    one, scene = Following([None]), Scene()
    chance = np.random.default_rng(1)
    for index in range(60):
        image = yard(index)
        for _ in range(30):
            x, y = int(chance.integers(0, 600)), int(chance.integers(0, 300))
            cv2.rectangle(image, (x, y), (x + 25, y + 50), (10, 10, 10), -1)
        one.see(scene.look(frame(index / 5, image)))
    assert len(one.snapshot()) < 45_000


def test_the_model_is_named_in_the_version_of_what_was_decided_with_it() -> None:
    config = CameraDetectors.model_validate({"detectors": ["intrusion", "frozen"]})
    told = Told(Box(0.25, 0.25, 0.5, 0.5, "person", 0.9))
    with_model = PictureBank(config, camera=CAMERA, finder=told)
    without = PictureBank(config, camera=CAMERA)
    for bank, words in ((with_model, "a person"), (without, "moves like")):
        found = [said for index in range(28) for said in bank.observe(frame(index / 5, walker(index)))]
        assert words in found[0].reason
        assert found[0].version.endswith("@told:00000000") == (bank is with_model)


def test_a_camera_without_such_rules_asks_nobody_and_keeps_nothing() -> None:
    told = Told(Box(0.25, 0.25, 0.5, 0.5, "person", 0.9))
    bank = PictureBank(CameraDetectors.model_validate({"detectors": ["frozen"]}), camera=CAMERA, finder=told)
    for index in range(20):
        bank.observe(frame(index / 5, walker(index)))
    assert told.shown == []
