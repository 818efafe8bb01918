"""People, cars and what is neither, through drawn days and nights, with a model that sees the truth and without one."""

from __future__ import annotations

import pytest

from tests.support import detecting
from tests.support.scenes import (
    Crowd,
    Exposure,
    Fog,
    Headlights,
    Oracle,
    Part,
    Person,
    Rain,
    Said,
    Scene,
    Spider,
    Vehicle,
    Wind,
    loitering,
    play,
    raised,
    walking,
)
from tocsin.core.detections import Kind
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors

pytestmark = pytest.mark.heavy
"""Half a minute of drawn pictures each, five a second."""

WALK = walking((0.05, 0.8), (0.95, 0.85), 10, 20)
RIGHT = [[0.5, 0.3], [1, 0.3], [1, 1], [0.5, 1]]
MIDDLE = [[0.5, 0.4], [0.5, 1.0]]


def watch(
    scene: Scene, *rules: object, model: bool = False, seconds: float = 30, every: float = 0.2
) -> tuple[list[Said], int]:
    """Give what was said and how often the model was asked."""
    oracle = Oracle(scene) if model else None
    config = CameraDetectors.model_validate({"detectors": list(rules)})
    bank = PictureBank(config, camera=detecting.CAMERA, finder=oracle)
    said = play(bank, scene, seconds=seconds, every=every, oracle=oracle)
    return said, 0 if oracle is None else oracle.asked


@pytest.mark.parametrize("model", [False, True], ids=["no model", "model"])
@pytest.mark.parametrize("light", ["day", "dusk", "infrared"])
@pytest.mark.parametrize("place", ["yard", "hall"])
def test_somebody_who_comes_is_found_and_told_how(place: str, light: str, *, model: bool) -> None:
    said, _ = watch(Scene(place=place, light=light, events=[WALK]), "intrusion", model=model)  # type: ignore[arg-type]
    ((at, kind),) = raised(said)
    assert kind is Kind.INTRUSION
    assert 10 <= at <= 14
    label = said[0].detection.evidence.boxes[0].label
    assert label == ("person" if model else "moving")


@pytest.mark.parametrize("model", [False, True], ids=["no model", "model"])
def test_only_who_has_the_feet_in_the_zone_is_an_intruder(*, model: bool) -> None:
    scene = Scene(events=[WALK])
    ((at, _),) = raised(watch(scene, {"detector": "intrusion", "zone": RIGHT}, model=model)[0])
    assert 15 <= at <= 17
    aside = Scene(events=[walking((0.05, 0.8), (0.4, 0.85), 10, 20)])
    assert raised(watch(aside, {"detector": "intrusion", "zone": RIGHT}, model=model)[0]) == []


@pytest.mark.parametrize("every", [0.2, 1.0])
def test_a_line_is_crossed_in_one_direction_only(every: float) -> None:
    scene = Scene(events=[WALK])
    # Down the line its left is in the right half of the picture.
    for direction, count in (("right_to_left", 1), ("left_to_right", 0), ("both", 1)):
        rule = {"detector": "tripwire", "line": MIDDLE, "direction": direction}
        assert len(raised(watch(scene, rule, every=every)[0])) == count


@pytest.mark.parametrize("model", [False, True], ids=["no model", "model"])
def test_who_hangs_about_is_found_and_who_walks_by_is_not(*, model: bool) -> None:
    stays = Person(
        path=((10, 0.05, 0.8), (14, 0.5, 0.8), *loitering((0.5, 0.8), 14, 45).path[1:]),
        kinds=(Kind.LOITERING,),
    )
    found = raised(watch(Scene(events=[stays]), "loitering", model=model, seconds=50)[0])
    assert found
    assert 24 <= found[0][0] <= 34
    assert raised(watch(Scene(events=[WALK]), "loitering", model=model)[0]) == []


@pytest.mark.parametrize("model", [False, True], ids=["no model", "model"])
def test_a_crowd_is_found_and_a_family_is_not(*, model: bool) -> None:
    crowd = Scene(place="square", events=[Crowd(count=14, width=0.8)])
    assert raised(watch(crowd, "crowding", model=True, seconds=30)[0])
    family = Scene(place="square", events=[Crowd(count=4)])
    assert raised(watch(family, "crowding", model=model, seconds=30)[0]) == []


def test_a_car_is_a_vehicle() -> None:
    scene = Scene(place="road", events=[Vehicle(path=((10, -0.2, 0.8), (16, 1.2, 0.8)))])
    said, _ = watch(scene, "intrusion", model=True)
    assert raised(said)
    assert said[0].detection.evidence.boxes[0].label == "vehicle"


@pytest.mark.parametrize(
    ("light", "weather"),
    [
        ("day", Rain()),
        ("day", Wind()),
        ("day", Fog()),
        ("day", Exposure()),
        ("day", Headlights()),
        ("infrared", Headlights()),
        ("infrared", Rain()),
        ("infrared", Spider()),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_weather_and_light_are_nobody(light: str, weather: Part) -> None:
    scene = Scene(light=light, weather=[weather])  # type: ignore[arg-type]
    assert raised(watch(scene, "intrusion", "loitering", "tripwire", "crowding")[0]) == []


def test_a_model_is_not_asked_about_an_empty_yard() -> None:
    assert watch(Scene(), "intrusion", model=True)[1] <= 3
    assert watch(Scene(light="infrared"), "intrusion", model=True)[1] == 0
