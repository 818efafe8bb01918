"""A camera with the detectors that every camera has, through drawn days and nights: what sounds, and what stays silent."""

from __future__ import annotations

import pytest
from _pytest.mark.structures import ParameterSet

from tests.support import detecting
from tests.support.scenes import (
    Candle,
    Clouds,
    Covered,
    Defocused,
    Exposure,
    Flames,
    FloodWater,
    Fog,
    Headlights,
    Jpeg,
    Part,
    Person,
    Rain,
    Scene,
    Shadow,
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
    delay_of,
    false_alarms,
    handheld,
    play,
    red_clothes,
    sodium_lamp,
    steam,
    walking,
)
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors

pytestmark = pytest.mark.heavy
"""A minute and a half of drawn pictures each."""

WALK = walking((0.0, 0.85), (1.0, 0.85), 20, 32)
CAR = Vehicle(path=((20, -0.2, 0.8), (28, 1.2, 0.8)))


def bank() -> PictureBank:
    return PictureBank(CameraDetectors(), camera=detecting.CAMERA)


SOUND = {
    "flames in a yard by day": Scene(place="yard", events=[Flames(from_s=20)]),
    "flames in a yard at dusk, in rain": Scene(
        place="yard", light="dusk", events=[Flames(from_s=20)], weather=[Rain()]
    ),
    "flames on a road at night": Scene(place="road", light="night", events=[Flames(from_s=20)]),
    "flames in a hall where people walk": Scene(place="hall", events=[Flames(from_s=20), WALK]),
    "smoke over a wood": Scene(place="forest", events=[SmokeColumn(from_s=20)]),
    "smoke in a hall": Scene(place="hall", events=[SmokeColumn(from_s=20)]),
    "water over a road": Scene(place="road", events=[FloodWater(from_s=20)]),
    "a hand over the lens": Scene(place="yard", events=[Covered(by="hand", from_s=20)]),
    "a bag over the lens at night": Scene(
        place="yard", light="infrared", events=[Covered(by="bag", from_s=20)]
    ),
    "spray on the lens": Scene(place="square", events=[Covered(by="spray", from_s=20)]),
    "a camera put out of focus": Scene(place="yard", events=[Defocused(from_s=20)]),
    "a camera turned away": Scene(place="square", events=[Turned(from_s=20)]),
}


@pytest.mark.parametrize("burst", [False, True], ids=["pictures", "bursts"])
@pytest.mark.parametrize("name", SOUND)
def test_what_happens_is_heard_and_nothing_else(name: str, *, burst: bool) -> None:
    scene = SOUND[name]
    said = play(bank(), scene, seconds=60, every=1.0, burst=burst)
    (event, *_) = scene.truth
    delay = delay_of(said, event)
    assert delay is not None, f"missed; said {[(one.at_s, one.detection.reason) for one in said]}"
    assert delay <= 30
    wrong = false_alarms(said, scene.truth)
    assert not wrong, [(one.at_s, one.detection.kind, one.detection.reason) for one in wrong]


HARMLESS: dict[str, tuple[str, list[Part]]] = {
    "nothing": ("yard", []),
    "somebody walks by": ("yard", [WALK]),
    "somebody in red": ("square", [red_clothes((0.1, 0.85), (0.9, 0.85), 15, 45)]),
    "somebody stands near": ("yard", [Person(path=((15, 0.5, 0.95), (50, 0.52, 0.95)))]),
    "a car": ("road", [CAR]),
    "headlights in rain": ("road", [Rain(), Headlights()]),
    "tail lights": ("road", [TailLights()]),
    "snow": ("square", [Snow()]),
    "wind in the trees": ("forest", [Wind()]),
    "clouds": ("yard", [Clouds()]),
    "a shadow": ("square", [Shadow()]),
    "fog that thickens": ("road", [Fog()]),
    "the exposure changes": ("yard", [Exposure()]),
    "a river": ("river", []),
    "a spider before the lens": ("yard", [Spider()]),
    "bad compression": ("yard", [Jpeg(), WALK]),
    "a candle": ("hall", [Candle()]),
    "a television": ("hall", [Television()]),
    "a sodium lamp": ("road", [sodium_lamp()]),
    "a blinking lamp": ("road", [blinking_lamp()]),
    "steam": ("yard", [steam((0.5, 0.6), 15, 25)]),
    "sunset": ("forest", [Sunset()]),
}


KNOWN = {("a blinking lamp", "infrared")}
"""A lamp that is on in every other picture teaches the background half of each; docs/detectors.md says so."""


def cases() -> list[ParameterSet]:
    return [
        pytest.param(
            name,
            light,
            marks=pytest.mark.xfail(strict=True, reason="known: docs/detectors.md")
            if (name, light) in KNOWN
            else (),
        )
        for name in HARMLESS
        for light in ("day", "dusk", "infrared")
    ]


@pytest.mark.parametrize(("name", "light"), cases())
def test_what_is_harmless_is_silent_by_day_and_by_night(name: str, light: str) -> None:
    place, parts = HARMLESS[name]
    scene = Scene(place=place, light=light, weather=parts)  # type: ignore[arg-type]
    for every in (1.0, 5.0):
        wrong = false_alarms(play(bank(), scene, seconds=60 * every, every=every, burst=every < 2), [])
        assert not wrong, [(every, one.at_s, one.detection.kind, one.detection.reason) for one in wrong]


def test_the_switch_to_infrared_and_back_is_nothing() -> None:
    scene = Scene(place="yard", light=((0, "dusk"), (30, "infrared"), (60, "day")), weather=[WALK])
    assert not false_alarms(play(bank(), scene, seconds=90, burst=True), [])


def test_a_camera_in_the_hand_sees_no_fire_in_a_square() -> None:
    scene = Scene(place="square", weather=[WALK, handheld()])
    hot = {"fire", "smoke", "flood"}
    wrong = [
        one
        for one in false_alarms(play(bank(), scene, seconds=60, burst=True), [])
        if one.detection.kind in hot
    ]
    assert not wrong
