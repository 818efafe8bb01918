from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, feed, frame, subject
from tests.support.ground import grainy, place
from tocsin.core.detections import Kind
from tocsin.core.frames import Box, Image
from tocsin.detectors.abandoned import AbandonedParameters, abandoned
from tocsin.detectors.look import Scene

RULE = {"detector": "abandoned", "dwell_seconds": 10}
BAG = (150, 125, 22, 20)


def with_bag(image: Image, at: tuple[int, int, int, int] = BAG) -> Image:
    left, top, width, height = at
    cv2.rectangle(image, (left, top), (left + width, top + height), (15, 20, 25), -1)
    cv2.rectangle(image, (left + 4, top + 4), (left + width - 4, top + 10), (40, 40, 200), -1)
    return image


def with_person(image: Image, left: int, sway: int = 0) -> Image:
    cv2.rectangle(image, (left, 85), (left + 25, 150), (200, 210, 230), -1)
    cv2.rectangle(image, (left + sway, 88), (left + 15 + sway, 107), (60, 40, 30), -1)
    cv2.rectangle(image, (left + 3 - sway, 118), (left + 20 - sway, 150), (90, 50, 40), -1)
    return image


def arrival(seconds: int = 8) -> list[Image]:
    """Somebody comes with a bag, waits a little, puts it down and goes on."""
    images = [place(i) for i in range(4)]
    images += [with_person(with_bag(place(4 + i), (20 + 32 * i, 125, 22, 20)), 10 + 32 * i) for i in range(5)]
    images += [with_person(with_bag(place(20 + i)), 135 + 35 * i) for i in range(5)]
    return [*images, *(with_bag(place(30 + i)) for i in range(seconds))]


@pytest.mark.parametrize("step", [0.5, 1.0])
def test_what_somebody_put_down_and_left_is_found_with_its_place_and_bearer(step: float) -> None:
    found = feed(camera(RULE), arrival(round(14 / step)), step=step)
    assert [one.kind for one in found] == [Kind.ABANDONED]
    assert found[0].reason_code == "abandoned.left"
    thing, bearer = found[0].evidence.boxes[:2]
    assert thing.x < 0.5 < thing.x + thing.width
    assert bearer.height > thing.height


def test_it_counts_only_after_the_whole_time_alone() -> None:
    assert feed(camera(RULE), arrival(6)) == []


def test_it_clears_when_the_thing_is_taken_away() -> None:
    found = feed(camera({**RULE, "clear_seconds": 5}), [*arrival(16), *(place(80 + i) for i in range(9))])
    assert [one.phase.value for one in found] == ["raise", "clear"]


def test_a_thing_that_falls_over_later_is_still_one_that_was_left() -> None:
    fallen = [with_bag(place(i), (146, 131, 32, 14)) for i in range(30)]
    found = feed(camera({**RULE, "clear_seconds": 5}), [*arrival(60), *fallen])
    assert [one.reason_code for one in found] == ["abandoned.left", "abandoned.gone", "abandoned.left"]


def test_somebody_who_passes_before_it_neither_ends_nor_repeats_the_alarm() -> None:
    passing = [with_person(with_bag(place(60 + i)), 50 + 30 * i) for i in range(8)]
    found = feed(camera(RULE), [*arrival(14), *passing, *(with_bag(place(80 + i)) for i in range(20))])
    assert [one.phase.value for one in found] == ["raise"]


def test_somebody_who_stands_and_waits_is_none() -> None:
    images = [place(i) for i in range(4)] + [with_person(place(4 + i), 10 + 30 * i) for i in range(5)]
    images += [with_person(place(10 + i), 150, sway=(0, 2, 4, 1)[i % 4]) for i in range(40)]
    assert feed(camera(RULE), images) == []


def test_a_car_that_parks_is_itself_what_came() -> None:
    def car(image: Image, left: int) -> Image:
        cv2.rectangle(image, (left, 115), (left + 45, 140), (30, 30, 160), -1)
        cv2.rectangle(image, (left + 10, 117), (left + 30, 125), (220, 220, 220), -1)
        return image

    images = [place(i) for i in range(4)] + [car(place(4 + i), 10 + 20 * i) for i in range(6)]
    images += [car(place(20 + i), 130) for i in range(25)]
    assert feed(camera(RULE), images) == []


def test_without_anybody_seen_it_takes_three_times_as_long() -> None:
    images = [*(place(i) for i in range(4)), *(with_bag(place(10 + i)) for i in range(29))]
    assert feed(camera(RULE), images) == []
    found = feed(camera(RULE), [*images, *(with_bag(place(60 + i)) for i in range(5))])
    assert [one.reason_code for one in found] == ["abandoned.appeared"]


def test_what_is_taken_away_leaves_nothing() -> None:
    with_one = [with_bag(place(i)) for i in range(20)]
    taken = [with_person(with_bag(place(40 + i)), 50 + 30 * i) for i in range(3)]
    left = [with_person(place(50 + i), 140 + 30 * i) for i in range(5)]
    assert feed(camera(RULE), [*with_one, *taken, *left, *(place(60 + i) for i in range(50))]) == []


def test_a_shadow_and_a_patch_of_light_are_none() -> None:
    for factor in (0.55, 1.5):

        def lit(seed: int, factor: float = factor) -> Image:
            image = place(seed).astype(np.float32)
            image[115:150, 140:190] *= factor
            return np.clip(image, 0, 255).astype(np.uint8)

        assert feed(camera(RULE), [*(place(i) for i in range(6)), *(lit(i) for i in range(50))]) == []


def test_less_light_an_infra_red_switch_and_a_moving_camera_are_none() -> None:
    dim = [grainy((place(i) * 0.6).astype(np.uint8), i) for i in range(40)]
    infrared = [np.repeat(place(i)[..., 1:2], 3, axis=2) for i in range(40)]
    moving = [np.roll(place(i), 5 * i, axis=1) for i in range(40)]
    for images in (dim, infrared, moving):
        assert feed(camera(RULE), [*(place(i) for i in range(5)), *images]) == []


def test_outside_the_zone_it_does_not_count() -> None:
    zone = [[0, 0.5], [0.3, 0.5], [0.3, 1], [0, 1]]
    assert feed(camera({**RULE, "zone": zone}), arrival(20)) == []
    assert feed(camera({**RULE, "zone": [[0.4, 0.5], [0.7, 0.5], [0.7, 1], [0.4, 1]]}), arrival(20))


def test_what_stood_very_long_belongs_to_the_place() -> None:
    found = feed(camera({**RULE, "forget_seconds": 60, "clear_seconds": 5}), arrival(80))
    assert [one.phase.value for one in found] == ["raise", "clear"]


@pytest.mark.parametrize(("label", "silent"), [("person", True), ("suitcase", False)])
def test_what_the_model_names_a_person_is_no_thing(label: str, *, silent: bool) -> None:
    parameters = AbandonedParameters(dwell_seconds=10)
    detector, scene = abandoned(subject(Kind.ABANDONED), parameters, None), Scene()
    seen = (Box(0.45, 0.66, 0.12, 0.2, label, 0.9),)
    looks = [scene.look(frame(index, image)) for index, image in enumerate(arrival(16))]
    found = [said for look in looks for said in detector.observe(replace(look, things=seen))]
    assert (found == []) is silent


def test_another_view_is_learnt_anew_and_a_thing_left_in_it_is_found() -> None:
    turned = [
        np.ascontiguousarray(image[:, ::-1]) for image in [*(place(i) for i in range(80)), *arrival(20)]
    ]
    found = feed(camera(RULE), [*(place(i) for i in range(8)), *turned])
    assert [one.reason_code for one in found] == ["abandoned.left"]


def test_many_things_that_appear_at_once_are_none() -> None:
    def scattered(seed: int) -> Image:
        image = place(seed)
        for left in range(20, 300, 56):
            with_bag(image, (left, 125, 22, 20))
        return image

    def behind_a_curtain(seed: int) -> Image:
        image = place(seed)
        image[80:160, 10:300] = (90, 60, 40)
        return image

    before = [*(place(i) for i in range(5)), *(behind_a_curtain(i) for i in range(3))]
    assert feed(camera(RULE), [*before, *(scattered(i) for i in range(60))]) == []


def test_of_two_cars_the_one_that_stays_is_none() -> None:
    def car(image: Image, left: int) -> Image:
        cv2.rectangle(image, (left, 115), (left + 40, 140), (30, 30, 160), -1)
        cv2.rectangle(image, (left + 10, 117), (left + 30, 125), (220, 220, 220), -1)
        return image

    images = [
        *(place(i) for i in range(4)),
        *(car(car(place(i), 20 + 26 * i), 62 + 26 * i) for i in range(6)),
    ]
    images += [car(car(place(i), 150), 192 + 30 * i) for i in range(4)]
    assert feed(camera(RULE), [*images, *(car(place(i), 150) for i in range(30))]) == []


def test_what_is_as_slender_as_somebody_who_stands_is_none() -> None:
    def post(seed: int) -> Image:
        return with_bag(place(seed), (150, 100, 14, 40))

    images = [with_person(post(i), 135 + 35 * i) for i in range(5)]
    images = [*(place(i) for i in range(4)), *images, *(post(i) for i in range(60))]
    assert feed(camera(RULE), images) == []
