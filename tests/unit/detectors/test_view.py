from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest

from tests.support.scenes import (
    Clouds,
    Covered,
    Defocused,
    Exposure,
    Fog,
    Part,
    Scene,
    Shake,
    Turned,
    Vehicle,
)
from tocsin.core.errors import Rejected
from tocsin.detectors.look import Gray, pixels, shrunk
from tocsin.detectors.view import Match, Reference, ReferenceState, View


def gray(scene: Scene, at: float) -> Gray:
    return pixels(cv2.cvtColor(shrunk(scene.picture(at)), cv2.COLOR_BGR2GRAY))


def match(part: Part, at: float = 20.0, *, light: str = "day", before: float = 0.0) -> Match:
    scene = Scene(light=light, weather=[part])  # type: ignore[arg-type]
    found = Reference.of(View.of(gray(scene, before))).compare(View.of(gray(scene, at)))
    assert found is not None
    return found


@pytest.mark.parametrize("light", ["day", "dusk", "infrared"])
@pytest.mark.parametrize(
    "part", [Clouds(), Shake(pixels=2), Exposure(((0, 1), (10, 0.4))), Exposure(((0, 1), (10, 1.4)))]
)
def test_the_view_stands_in_any_light(part: Part, light: str) -> None:
    found = match(part, light=light)
    assert found.stands >= 0.9
    assert found.crisp >= 0.9
    assert found.seen >= 0.6


def test_infra_red_is_the_same_view() -> None:
    scene = Scene(light=((0, "day"), (10, "infrared")))
    found = Reference.of(View.of(gray(scene, 0))).compare(View.of(gray(scene, 20)))
    assert found is not None
    assert found.stands >= 0.8


def test_what_covers_is_soft_and_a_lorry_is_sharp() -> None:
    hand = match(Covered("hand", 10, 60))
    lorry = match(Vehicle(((10, -1, 1.2), (20, 0.5, 1.2), (30, 0.5, 1.2)), form="lorry"))
    assert hand.stands < 0.2
    assert hand.soft < 0.65
    assert lorry.gone > 0.3
    assert lorry.soft > 0.8


def test_defocus_takes_the_sharpness_and_leaves_the_edges() -> None:
    found = match(Defocused(10, 60, sigma=4))
    assert found.stands > 0.9
    assert found.crisp < 0.7


def test_fog_takes_the_contrast_and_leaves_the_sharpness() -> None:
    found = match(Fog(0, 20, density=0.8))
    assert found.stands > 0.9
    assert found.seen < 0.5
    assert found.crisp > 0.9


@pytest.mark.parametrize("right", [0.03, 0.1, 0.3])
def test_a_shift_of_the_view_is_measured(right: float) -> None:
    scene = Scene(events=[Turned(10, right=right)])
    away, sure = Reference.of(View.of(gray(scene, 0))).shift(View.of(gray(scene, 20)))
    assert away == pytest.approx(right, abs=0.01)
    assert sure > 0.3


def test_a_cover_on_its_way_is_uneven_and_a_dimmed_lamp_is_not() -> None:
    assert match(Covered("cap", 10, 60, takes_s=1.0), at=10.5).uneven
    assert not match(Exposure(((0, 1), (10, 0.2)))).uneven


def test_blocks_that_never_keep_still_lose_their_say() -> None:
    chance = np.random.default_rng(1)
    image = gray(Scene(), 0)
    known = Reference.of(View.of(image))
    for _ in range(40):
        restless = image.copy()
        restless[90:] = chance.integers(0, 255, restless[90:].shape, np.uint8)
        found = known.compare(view := View.of(restless))
        assert found is not None
        known.follow(view, found)
    assert found.stands > 0.8
    assert (known.trust[4:] < 0.5).all()


def test_a_flat_view_says_nothing_and_another_size_neither() -> None:
    flat = Reference.of(View.of(np.full((180, 320), 90, np.uint8)))
    assert not flat.speaks()
    assert flat.compare(View.of(gray(Scene(), 0))) is None
    known = Reference.of(View.of(gray(Scene(), 0)))
    assert known.compare(View.of(gray(Scene(), 0)[:120, :200])) is None


def test_a_reference_goes_on_from_its_state() -> None:
    known, view = Reference.of(View.of(gray(Scene(), 0))), View.of(gray(Scene(), 3))
    again = Reference.read(msgspec.msgpack.decode(msgspec.msgpack.encode(known.state()), type=ReferenceState))
    for one in (known, again):
        found = one.compare(view)
        assert found is not None
        one.follow(view, found)
    assert known.state() == again.state()
    broken = known.state()
    broken.trust = broken.trust[:-4]
    with pytest.raises(Rejected):
        Reference.read(broken)
