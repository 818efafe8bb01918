from __future__ import annotations

from tests.support.moving import look, track
from tocsin.core.frames import Box
from tocsin.detectors.seen import ThingParameters, dwelt, foot, meant, score, words

LEFT = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))


def at(x: float, **more: object) -> object:
    return track([(0.0, x, 0.8), (1.0, x, 0.8)], **more)  # type: ignore[arg-type]


def test_only_sure_things_seen_now_with_their_feet_in_the_zone_are_meant() -> None:
    inside = track([(1.0, 0.2, 0.8)], number=1)
    outside = track([(1.0, 0.6, 0.8)], number=2)
    doubtful = track([(1.0, 0.2, 0.8)], number=3, sure=False)
    lost = track([(0.5, 0.2, 0.8)], number=4)
    cat = track([(1.0, 0.2, 0.8)], number=5, label="cat")
    moving = track([(1.0, 0.3, 0.8)], number=6, label="moving", score=0.0)
    picture = look(1.0, tracks=(moving, inside, outside, doubtful, lost, cat))
    assert [one.id for one in meant(picture, LEFT, ThingParameters())] == [1, 6]
    assert [one.id for one in meant(picture, None, ThingParameters(sees=("cat",)))] == [5, 6]


def test_feet_below_the_picture_stand_in_a_zone_drawn_to_its_edge() -> None:
    x, y = foot(Box(-0.2, 0.4, 0.1, 0.8))
    assert 0 < x < 0.01
    assert 0.99 < y < 1


def test_the_time_in_a_zone_counts_from_its_edge() -> None:
    way = track([(0.0, 0.6, 0.8), (1.0, 0.3, 0.8), (2.0, 0.2, 0.8), (3.0, 0.1, 0.8)])
    assert dwelt(way, LEFT) == 2.0
    assert dwelt(way, None) == 3.0
    assert dwelt(track([(0.0, 0.1, 0.8), (1.0, 0.6, 0.8)]), LEFT) == 0.0


def test_what_has_no_name_is_only_half_sure_and_called_so() -> None:
    person, moving = track([(0, 0.1, 0.5)], score=0.9), track([(0, 0.1, 0.5)], label="moving", score=0.0)
    assert (score(person), score(moving)) == (0.9, 0.5)
    assert words([person, person, moving]) == "2 persons and something that moves like a person or a vehicle"
    assert words([moving, moving]) == "2 things that move like persons or vehicles"
    assert words([person]) == "a person"
