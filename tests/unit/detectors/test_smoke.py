from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, feed, smoking, yard
from tests.support.scenes import (
    Exposure,
    Fog,
    Headlights,
    Rain,
    Scene,
    Shadow,
    Shake,
    SmokeColumn,
    Spider,
    play,
    raised,
    steam,
)
from tests.support.scenes.canvas import Part
from tests.support.scenes.scene import LightName
from tocsin.core.detections import Detection, Kind
from tocsin.detectors.smoke import SmokeParameters

COLUMN = SmokeColumn(from_s=10.0)


def smoke_in(scene: Scene, *, seconds: float = 34.0, every: float = 1.0, burst: bool = False) -> list[float]:
    """When the detector raised, in seconds of the scene."""
    said = play(camera({"detector": "smoke"}), scene, seconds=seconds, every=every, burst=burst)
    return [at for at, _ in raised(said)]


def test_a_spreading_veil_is_smoke_by_day_and_by_night() -> None:
    day = [*(yard(i) for i in range(5)), *(smoking(i, min(1, i / 6)) for i in range(9))]
    night = [np.repeat(image[..., 1:2], 3, axis=2) for image in day]
    for images in (day, night):
        assert [one.kind for one in feed(camera("smoke"), images)] == [Kind.SMOKE]


def test_a_grey_thing_that_is_put_down_is_none() -> None:
    images = [yard(i) for i in range(14)]
    for image in images[5:]:
        cv2.rectangle(image, (250, 150), (400, 300), (150, 150, 150), -1)
    assert feed(camera("smoke"), images) == []


def test_a_still_yard_has_none() -> None:
    assert feed(camera("smoke"), [yard(i) for i in range(14)]) == []


@pytest.mark.parametrize(
    ("place", "light", "weather"),
    [("forest", "day", ()), ("yard", "infrared", ()), ("square", "day", (Rain(heavy=1), Shake(pixels=1.0)))],
)
def test_a_column_of_smoke_is_found_while_it_grows(
    place: str, light: LightName, weather: Sequence[Part]
) -> None:
    found = smoke_in(Scene(place=place, light=light, events=[COLUMN], weather=weather))
    assert len(found) == 1
    assert 10 < found[0] <= 30


@pytest.mark.parametrize(
    "scene",
    [
        Scene(place="yard", weather=[Fog(from_s=8, full_s=25, density=0.8)]),
        Scene(place="forest", light="dusk", weather=[Fog(from_s=5, full_s=30)]),
        Scene(place="road", light="dusk", weather=[Headlights(), Rain(heavy=3)]),
        Scene(place="yard", weather=[Shadow(from_s=8, to_s=20)]),
        Scene(place="hall", weather=[Exposure()]),
        Scene(place="yard", light=((0, "day"), (12, "infrared"), (24, "day"))),
        Scene(place="yard", events=[steam((0.5, 0.6), 10, 14)]),
        Scene(place="river"),
    ],
    ids=["fog", "fog at dusk", "headlights in rain", "shadow", "exposure", "switch", "steam", "river"],
)
def test_what_looks_like_smoke_stays_silent(scene: Scene) -> None:
    assert smoke_in(scene, seconds=30) == []


@pytest.mark.parametrize(("light", "every"), [("day", 0.5), ("day", 1.0), ("dusk", 1.0)])
def test_a_wide_column_that_changes_slowly_is_found_at_every_pace(light: LightName, every: float) -> None:
    found = smoke_in(Scene(place="hall", light=light, events=[COLUMN]), seconds=26, every=every)
    assert found
    assert found[0] <= 23


@pytest.mark.parametrize(
    ("light", "seed", "size", "every"), [("day", 1, 0.16, 0.5), ("dusk", 1, 0.16, 1.0), ("day", 3, 0.1, 1.0)]
)
def test_an_insect_that_walks_over_the_lens_is_none(
    light: LightName, seed: int, size: float, every: float
) -> None:
    insect = Spider(seed=seed, size=size)
    assert smoke_in(Scene(place="square", light=light, weather=[insect]), seconds=44, every=every) == []


def test_a_burst_is_asked_for_and_ends_the_wait() -> None:
    scene = Scene(place="forest", events=[SmokeColumn(from_s=25.0, to_s=200.0)])
    slow = smoke_in(scene, every=5, seconds=80)
    fast = smoke_in(scene, every=5, seconds=80, burst=True)
    assert slow
    assert fast
    assert fast[0] < slow[0]


def test_a_picture_without_anything_asks_for_no_burst() -> None:
    bank = camera("smoke")
    feed(bank, [yard(i) for i in range(6)])
    assert bank.suspicion() == ""


def test_outside_its_zone_nothing_is_smoke() -> None:
    zone = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.3], [0.0, 0.3]]
    bank = camera({"detector": "smoke", "zone": zone})
    assert raised(play(bank, Scene(place="forest", events=[COLUMN]), seconds=30)) == []


def _said(every: float = 1.0) -> Detection:
    (one,) = [
        one.detection
        for one in play(camera("smoke"), Scene(place="forest", events=[COLUMN]), seconds=30, every=every)
    ]
    return one


def test_the_statement_shows_where_and_why() -> None:
    found = _said()
    figures = dict(found.figures)
    assert found.reason_code == "smoke.veil"
    assert 0.1 < figures["hidden"] < 1
    assert figures["blocks"] >= SmokeParameters.model_validate({}).blocks
    assert figures["seconds"] >= SmokeParameters.model_validate({}).stand_seconds
    (box,) = found.evidence.boxes
    assert box.x < 0.5 < box.x + box.width + 0.1
    assert box.y < 0.6


def test_a_snapshot_between_picture_and_burst_changes_nothing() -> None:
    scene = Scene(place="forest", events=[COLUMN])
    whole, first, second = camera("smoke"), camera("smoke"), camera("smoke")
    said = play(whole, scene, seconds=40, every=4)
    half = play(first, scene, seconds=20, every=4)
    second.restore(first.snapshot())
    assert half + play(second, scene, begin=20, seconds=20, every=4) == said
    assert second.snapshot() == whole.snapshot()
