import numpy as np
import pytest

from tocsin.demo import scenes
from tocsin.demo.scenes import Event, Happening, draw


@pytest.mark.parametrize("scene", scenes.SCENES)
@pytest.mark.parametrize("night", [False, True])
def test_the_same_arguments_give_the_same_picture(scene: str, night: bool) -> None:  # noqa: FBT001 a parameter of the test
    first = draw(scene, 2.0, night=night)
    assert first.shape == (scenes.HEIGHT, scenes.WIDTH, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, draw(scene, 2.0, night=night))


def test_a_night_picture_has_no_colour() -> None:
    picture = draw("barn", 1.0, Happening(Event.FIRE, 9.0), night=True)
    assert np.ptp(picture.astype(int), axis=2).max() == 0


@pytest.mark.parametrize(
    ("scene", "event"),
    [("square", Event.SMOKE), ("square", Event.FIRE), ("pond", Event.PERSON), ("road", Event.CAR), ("river", Event.RISING)],
)  # fmt: skip
def test_an_event_changes_the_picture_where_it_happens(scene: str, event: Event) -> None:
    quiet, busy = draw(scene, 3.0).astype(int), draw(scene, 3.0, Happening(event, 12.0)).astype(int)
    assert (np.abs(busy - quiet).max(axis=2) > 25).mean() > 0.002


def test_a_covered_lens_shows_nothing() -> None:
    assert draw("road", 1.0, Happening(Event.COVERED, 2.0)).std() < 4


def test_two_pictures_in_a_row_are_never_equal() -> None:
    assert not np.array_equal(draw("pond", 1.0), draw("pond", 1.004))
