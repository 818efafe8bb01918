"""The drawn scenes of the tests are what they say: the same again, true boxes, true flicker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.scenes import (
    Candle,
    Clouds,
    Covered,
    Crowd,
    Damaged,
    Dark,
    Defocused,
    Exposure,
    Flames,
    FloodWater,
    Fog,
    Frozen,
    Gone,
    Headlights,
    Jpeg,
    Left,
    Part,
    Person,
    Rain,
    River,
    Scene,
    Shadow,
    Shake,
    SmokeColumn,
    Snow,
    Spider,
    Sunset,
    TailLights,
    Television,
    Turned,
    Vehicle,
    Wind,
    blinking_lamp,
    handheld,
    loitering,
    red_clothes,
    sodium_lamp,
    steam,
    walking,
)
from tests.support.scenes.canvas import around
from tests.support.scenes.places import PLACES
from tocsin.core.detections import Kind
from tocsin.core.frames import Box

EVENTS: dict[str, tuple[Part, Kind]] = {
    "flames": (Flames(from_s=5, to_s=40), Kind.FIRE),
    "smoke": (SmokeColumn(from_s=5, to_s=40), Kind.SMOKE),
    "walking": (walking((0.1, 0.9), (0.9, 0.8), 5, 40), Kind.PRESENCE),
    "loitering": (loitering((0.5, 0.8), 5, 40), Kind.LOITERING),
    "falling": (Person(((5, 0.5, 0.8), (40, 0.5, 0.8)), falls_s=10), Kind.FALL),
    "crowd": (Crowd(from_s=5, to_s=40), Kind.CROWDING),
    "left bag": (Left(left_s=11, to_s=40), Kind.ABANDONED),
    "rubbish": (Left(left_s=11, to_s=40, look="rubbish", size=0.6), Kind.ABANDONED),
    "flood": (FloodWater(from_s=5, full_s=30, to_s=100), Kind.FLOOD),
    "covered": (Covered("hand", 10, 40), Kind.TAMPER),
    "sprayed": (Covered("spray", 10, 40), Kind.TAMPER),
    "in a bag": (Covered("bag", 10, 40), Kind.TAMPER),
    "defocused": (Defocused(10, 40), Kind.TAMPER),
    "turned": (Turned(10, 40), Kind.TAMPER),
    "dark": (Dark(10, 40), Kind.VIDEO_LOSS),
}
HARMLESS: dict[str, Part] = {
    "candle": Candle(),
    "sodium lamp": sodium_lamp(),
    "blinking lamp": blinking_lamp(),
    "tail lights": TailLights(0, 40),
    "headlights": Headlights(first_s=0, every_s=4),
    "red clothes": red_clothes((0.1, 0.9), (0.9, 0.9), 0, 40),
    "sunset": Sunset(),
    "steam": steam((0.4, 0.6), 0, 40),
    "television": Television(),
    "rain": Rain(),
    "snow": Snow(),
    "fog": Fog(full_s=20),
    "clouds": Clouds(),
    "shadow": Shadow(0, 40),
    "shake": Shake(),
    "hand-held": handheld(),
    "wind": Wind(strength=4),
    "spider": Spider(0, 40),
    "exposure": Exposure(),
    "jpeg": Jpeg(10),
    "vehicle": Vehicle(((0, 0, 0.8), (40, 1, 0.8))),
    "damaged": Damaged(0, 40),
}


def inside(boxes: list[Box], shape: tuple[int, ...], margin: int = 4) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for box in boxes:
        x0, y0 = int(box.x * shape[1]) - margin, int(box.y * shape[0]) - margin
        x1 = int((box.x + box.width) * shape[1]) + margin
        y1 = int((box.y + box.height) * shape[0]) + margin
        mask[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1] = True
    return mask


def difference(scene: Scene, other: Scene, seconds: float) -> np.ndarray:
    return cv2.absdiff(scene.picture(seconds), other.picture(seconds)).max(axis=2)


def brightness(scene: Scene, box: Box, seconds: float, rate: float) -> np.ndarray:
    values = []
    for _, picture in scene.film(20, seconds, rate):
        high, wide = picture.shape[:2]
        rows = slice(int(box.y * high), int((box.y + box.height) * high) + 1)
        columns = slice(int(box.x * wide), int((box.x + box.width) * wide) + 1)
        values.append(picture[rows, columns].mean())
    return np.array(values)


@pytest.mark.parametrize("name", [*EVENTS, *HARMLESS])
def test_an_instant_looks_the_same_whatever_was_drawn_before(name: str) -> None:
    part = EVENTS[name][0] if name in EVENTS else HARMLESS[name]
    first, again = Scene(events=[part], light="dusk"), Scene(events=[part], light="dusk")
    for at in (3.0, 30.0, 12.04):
        again.picture(at)
    for at in (12.04, 30.0):
        assert np.array_equal(first.picture(at), again.picture(at))


@pytest.mark.parametrize("name", EVENTS)
def test_truth_lies_where_the_picture_changed_and_when(name: str) -> None:
    part, kind = EVENTS[name]
    scene, empty = Scene(events=[part], noise=0), Scene(noise=0)
    truth = next(one for one in scene.truth if one.kind is kind)
    boxes = [one.box for one in scene.truth]
    before = min(one.from_s for one in scene.truth) - 0.5
    assert not difference(scene, empty, before).any()
    assert truth.from_s < truth.to_s
    seen = []
    for at in np.linspace(truth.from_s, min(truth.to_s, 60), 8)[1:-1]:
        changed = difference(scene, empty, float(at)) > 40
        seen.append(int(changed.sum()))
        outside = changed & ~inside(boxes, changed.shape)
        assert outside.sum() <= 0.02 * max(200, changed.sum())
    assert max(seen) > 150
    late = max(one.to_s for one in scene.truth)
    if name not in {"flood", "crowd"}:
        assert (difference(scene, empty, late + 6) > 40).mean() < 0.001


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_is_to_be_seen_and_claims_nothing(name: str) -> None:
    scene, empty = Scene(light="dusk", weather=[HARMLESS[name]], noise=0), Scene(light="dusk", noise=0)
    assert all(one.kind is Kind.PRESENCE for one in scene.truth)
    assert max(difference(scene, empty, at).max() for at in (15.2, 16.6, 20.1)) > 20


@pytest.mark.parametrize("light", ["day", "dusk", "night", "infrared"])
@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_its_look_in_every_light(place: str, light: str) -> None:
    picture = Scene(place, light=light).picture(1.0)  # type: ignore[arg-type]
    assert picture.shape == (360, 640, 3)
    assert picture.dtype == np.uint8
    spread = picture.max(axis=2).astype(int) - picture.min(axis=2)
    assert bool(spread.any()) is (light != "infrared")
    level = {"day": (70, 230), "dusk": (25, 100), "night": (8, 40), "infrared": (10, 120)}[light]
    assert level[0] < picture.mean() < level[1]


def test_flames_flicker_at_one_to_twelve_hertz_and_lamps_do_not() -> None:
    fire = Flames(at=(0.4, 0.7), from_s=0)
    box = fire.truth(0.4, 0.3)[0].box
    values = brightness(Scene(light="dusk", events=[fire]), box, 4, 25)
    power = np.abs(np.fft.rfft(values - values.mean())) ** 2
    hertz = np.fft.rfftfreq(len(values), 1 / 25)
    shares = [power[(hertz >= low) & (hertz < high)].sum() / power.sum() for low, high in ((1, 4), (4, 12.5))]
    assert values.std() > 3
    assert shares[0] > 0.15
    assert shares[1] > 0.15
    around_lamp = Box(x=0.66, y=0.25, width=0.08, height=0.1)
    assert brightness(Scene(light="dusk", events=[sodium_lamp()]), around_lamp, 4, 25).std() < 0.5


def test_a_snapshot_and_a_frame_of_a_burst_of_the_same_instant_are_the_same() -> None:
    scene = Scene(events=[Flames(from_s=0), SmokeColumn(from_s=0)], weather=[Rain()])
    slow, fast = dict(scene.film(10, 3, 1)), dict(scene.film(10, 1.2, 25))
    assert np.array_equal(slow[11.0], fast[11.0])
    assert np.array_equal(slow[10.0], fast[10.0])


def test_noise_never_repeats_and_a_frozen_camera_always_does() -> None:
    scene = Scene(events=[Frozen(10, 20)])
    assert not np.array_equal(scene.picture(1.0), scene.picture(1.04))
    assert np.array_equal(scene.picture(12.0), scene.picture(19.0))
    assert not np.array_equal(scene.picture(19.0), scene.picture(21.0))


def test_a_camera_that_is_gone_sends_nothing() -> None:
    scene = Scene(events=[Gone(2, 4)])
    assert [at for at, _ in scene.film(0, 6, 1)] == [0, 1, 4, 5]
    with pytest.raises(ValueError, match="sends nothing"):
        scene.picture(3)


def test_people_and_vehicles_are_told_where_they_are() -> None:
    parts = [walking((0.1, 0.9), (0.9, 0.9), 0, 20), Vehicle(((0, 0.2, 0.6), (20, 0.8, 0.6)))]
    for part in parts:
        scene, empty = Scene(events=[part], noise=0), Scene(noise=0)
        for at in (4.0, 13.0):
            (box,) = scene.things(at)
            changed = difference(scene, empty, at) > 30
            assert not (changed & ~inside([box], changed.shape, 6)).any()
            assert changed[inside([box], changed.shape, 0)].mean() > 0.15
    assert Scene(events=parts).things(25.0) == ()


def test_a_crowd_is_as_many_as_it_says() -> None:
    scene = Scene("square", events=[Crowd(count=9, from_s=0, to_s=40)])
    assert len(scene.things(20)) == 9
    assert around(list(scene.things(20))).width > 0.2


def test_the_river_stands_at_its_level_and_floods_above_the_limit() -> None:
    river = River(((0, 1.0), (40, 3.0)), flood_above=2.0)
    scene = Scene("river", events=[river], noise=0)
    (truth,) = scene.truth
    assert truth.kind is Kind.FLOOD
    assert truth.from_s == pytest.approx(20.5)
    low, high = (
        scene.picture(0)[:, 100:250].mean(axis=(1, 2)),
        scene.picture(40)[:, 100:250].mean(axis=(1, 2)),
    )
    assert np.abs(low[160:250] - high[160:250]).mean() > 8
    assert np.abs(low[:110] - high[:110]).mean() < 1


def test_the_light_changes_when_it_is_told() -> None:
    scene = Scene(light=((0, "day"), (10, "infrared")))
    assert scene.picture(9.9).std(axis=2).max() > 5
    assert scene.picture(10.1).std(axis=2).max() == 0


def test_another_size_shows_the_same() -> None:
    small = Scene(size=(320, 180)).picture(1)
    assert small.shape == (180, 320, 3)
    large = cv2.resize(Scene().picture(1), (320, 180), interpolation=cv2.INTER_AREA)
    assert cv2.absdiff(small, large).max() == 0
