"""Fire and what looks like it, in drawn scenes by day and night, from fixed cameras and from the hand."""

from __future__ import annotations

import pytest

from tests.support.detecting import camera
from tests.support.scenes import (
    Candle,
    Flames,
    Part,
    Rain,
    Scene,
    Shake,
    Sunset,
    TailLights,
    Television,
    blinking_lamp,
    handheld,
    play,
    raised,
    red_clothes,
    sodium_lamp,
)
from tests.support.scenes.lookalikes import (
    Balloons,
    Beacons,
    Dapples,
    Flag,
    Glitter,
    Leaves,
    Sign,
    Welding,
    Worker,
)
from tocsin.core.detections import Kind

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    "scene",
    [
        Scene(events=[Flames()]),
        Scene(light="night", events=[Flames(height=0.3)]),
        Scene(place="hall", light="dusk", events=[Flames()]),
        Scene(events=[Flames()], weather=[Rain(), Shake()]),
        Scene(events=[Flames()], weather=[handheld()]),
    ],
)
def test_a_fire_is_called_within_ten_seconds_by_pictures_alone_and_by_a_burst(scene: Scene) -> None:
    event = scene.truth[0]
    for burst in (False, True):
        said = play(camera("fire"), scene, begin=1.0, seconds=15, burst=burst)
        assert [kind for _, kind in raised(said)] == [Kind.FIRE]
        assert event.from_s <= said[0].at_s <= event.from_s + 10


_HARMLESS: list[Part] = [
    Beacons(), Dapples(), Flag(), Glitter(), Leaves(), Sign(), Sign(scrolls=False), Television(), Welding(), Worker(),
    Balloons(), Candle(), Sunset(takes_s=60), TailLights(from_s=0.0), blinking_lamp(), sodium_lamp(),
    red_clothes((0.0, 0.8), (1.0, 0.8), 0.0, 12.0),
]  # fmt: skip


@pytest.mark.parametrize("light", ["day", "night"])
@pytest.mark.parametrize("part", _HARMLESS, ids=lambda part: type(part).__name__)
def test_what_looks_like_fire_stays_silent(part: Part, light: str) -> None:
    scene = Scene(light=light, events=[part])  # type: ignore[arg-type]
    assert play(camera("fire"), scene, seconds=14) == []
    assert play(camera("fire"), scene, seconds=20, every=5.0, burst=True) == []


@pytest.mark.parametrize(
    "part", [Flag(), Leaves(), Worker(), Balloons()], ids=lambda part: type(part).__name__
)
def test_before_a_camera_in_the_hand_too(part: Part) -> None:
    scene = Scene(events=[part], weather=[handheld()])
    assert play(camera("fire"), scene, seconds=14) == []
    assert play(camera("fire"), scene, seconds=20, every=5.0, burst=True) == []
