from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detecting import START_US
from tocsin.core.frames import Box
from tocsin.detectors.look import Track
from tocsin.detectors.restless import Restless
from tocsin.detectors.settled import SIZE
from tocsin.detectors.tracks import MOST, MOVING, TRAIL, Follower, Sight

ASPECT = 16 / 9


def sight(
    x: float, y: float = 0.4, *, height: float = 0.3, label: str = MOVING, score: float = 0.0, **more: object
) -> Sight:
    given = {"stirs": 0.2, "solid": True, **more}
    return Sight(Box(x, y, 0.06, height, label, score), **given)  # type: ignore[arg-type]


class Play:
    """A follower that is shown pictures at a steady pace."""

    def __init__(self, every: float = 0.2, *, nameless: bool = True) -> None:
        self.one = Follower()
        self.every = every
        self.at = 0.0
        self.nameless = nameless
        self.restless = Restless()

    def __call__(self, *sights: Sight, still: bool = False, asked: Box | None = None) -> tuple[Track, ...]:
        self.at += self.every
        return self.one.follow(
            START_US + round(self.at * 1e6),
            ASPECT,
            sights,
            [still] * len(self.one.boxes()),
            asked=asked,
            nameless=self.nameless,
            restless=self.restless,
        )


@pytest.mark.parametrize(("every", "step"), [(0.2, 0.03), (1.0, 0.1), (3.0, 0.2)])
def test_one_who_walks_is_one_track_and_becomes_sure(every: float, step: float) -> None:
    play = Play(every)
    given = [play(sight(0.1 + step * index)) for index in range(5)]
    for _ in range(6):
        if not given[-1][0].sure:
            given.append(play(sight(0.1 + step * len(given))))
    assert {track.id for tracks in given for track in tracks} == {1}
    (last,) = given[-1]
    assert last.sure
    assert last.label == MOVING
    assert not given[0][0].sure


def test_what_sways_never_becomes_sure() -> None:
    play = Play()
    chance = random.Random(1)
    tracks: tuple[Track, ...] = ()
    for _ in range(300):
        tracks = play(sight(0.5 + chance.uniform(-0.02, 0.02), 0.4 + chance.uniform(-0.02, 0.02)))
        assert not any(track.sure for track in tracks)
    assert tracks


def test_branches_that_join_and_part_go_nowhere() -> None:
    play = Play()
    chance = random.Random(2)
    for _ in range(300):
        left, width = 0.4 + chance.uniform(0, 0.1), chance.uniform(0.05, 0.25)
        top, height = 0.1 + chance.uniform(0, 0.2), chance.uniform(0.1, 0.5)
        box = Box(left, top, width, height, MOVING)
        assert not any(track.sure for track in play(Sight(box, 0.3, solid=True)))


def test_light_that_moves_over_the_ground_never_becomes_sure() -> None:
    play = Play()
    for index in range(25):
        assert not any(track.sure for track in play(sight(0.05 + 0.03 * index, solid=False)))


def test_what_moves_where_nothing_rests_is_not_believed() -> None:
    play = Play()
    waves = bytes([255]) * (SIZE[0] * SIZE[1])
    import numpy as np

    for _ in range(600):
        play.restless.learn(np.frombuffer(waves, np.uint8).reshape(SIZE[1], SIZE[0]), 0.2)
    for index in range(25):
        assert not any(track.sure for track in play(sight(0.05 + 0.03 * index)))


def test_a_leap_that_nobody_can_make_begins_anew() -> None:
    play = Play()
    for _ in range(4):
        play(sight(0.05))
    numbers = {track.id for track in play(sight(0.9))}
    assert numbers == {1, 2}


def test_numbers_are_never_used_twice() -> None:
    play, numbers = Play(), []
    for index in range(40):
        for _ in range(3):
            numbers += [track.id for track in play(sight(0.1 if index % 2 else 0.8))]
        for _ in range(40):
            play()
    assert len(set(numbers)) == 40


def test_a_named_thing_has_its_name_and_keeps_it_over_a_doubtful_picture() -> None:
    play = Play()
    whole = Box(0, 0, 1, 1)
    for index in range(4):
        (track,) = play(sight(0.3 + 0.02 * index, label="person", score=0.8), asked=whole)
    assert (track.label, track.sure) == ("person", True)
    (track,) = play(sight(0.4), asked=whole)
    assert track.label == "person"
    for index in range(12):
        (track,) = play(sight(0.4 + 0.01 * index), asked=whole)
    assert track.label == MOVING


def test_cars_are_vehicles() -> None:
    play = Play()
    for index in range(4):
        (track,) = play(sight(0.3 + 0.02 * index, label="car", score=0.8))
    assert track.label == "vehicle"


def test_a_poster_of_a_person_is_never_sure() -> None:
    play = Play()
    for _ in range(60):
        (track,) = play(sight(0.3, label="person", score=0.9, stirs=0.0))
        assert not track.sure


def test_a_doubtful_find_must_walk_before_it_is_sure() -> None:
    play = Play()
    for _ in range(40):
        (track,) = play(sight(0.3, label="person", score=0.45))
        assert not track.sure


def test_who_stands_still_is_there_until_he_stirs() -> None:
    play = Play()
    for index in range(5):
        play(sight(0.3 + 0.03 * index, label="person", score=0.8))
    for _ in range(50):
        (track,) = play(still=True)
        assert track.last_us == START_US + round(play.at * 1e6)
    (track,) = play(still=False)
    gone = track.last_us
    (track,) = play(still=True)
    assert track.last_us == gone, "empty ground does not stir either"


def test_with_a_model_a_nameless_thing_must_move_for_longer() -> None:
    play = Play(nameless=False)
    sure = []
    for index in range(28):
        (track,) = play(sight(0.02 + 0.03 * index))
        sure.append(track.sure)
    assert not any(sure[:12])
    assert sure[-1]


def test_what_has_not_stirred_for_long_is_no_moving_thing() -> None:
    play = Play()
    for index in range(20):
        (track,) = play(sight(0.05 + 0.03 * index))
    assert track.sure
    for _ in range(110):
        (track,) = play(sight(0.62, stirs=0.0))
    assert not track.sure


def test_sizes_are_learnt_from_those_who_walked_and_then_hold() -> None:
    play = Play()
    for _ in range(10):
        for index in range(25):
            play(sight(0.05 + 0.03 * index))
        for _ in range(40):
            play()
    assert play.one.sizes.plausible(0.4, 0.7, 0.3)
    assert not play.one.sizes.plausible(0.4, 0.7, 0.08)
    for index in range(25):
        assert not any(track.sure for track in play(sight(0.2 + 0.01 * index, 0.62, height=0.08)))


def test_at_most_so_many_are_followed_and_the_state_is_small() -> None:
    play = Play()
    chance = random.Random(3)
    for _ in range(80):
        tracks = play(*[sight(chance.random(), chance.random() * 0.7) for _ in range(24)])
        assert len(tracks) <= MOST
        assert all(len(track.trail) <= TRAIL for track in tracks)
    assert len(play.one.state()) < 40_000


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.floats(-0.1, 1),
                st.floats(-0.1, 1),
                st.floats(0, 1),
                st.sampled_from(["person", "car", MOVING]),
            ),
            max_size=4,
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_a_state_taken_anywhere_changes_nothing(
    pictures: list[list[tuple[float, float, float, str]]], cut: int
) -> None:
    def run(play: Play, part: list[list[tuple[float, float, float, str]]]) -> list[tuple[Track, ...]]:
        return [
            play(
                *[
                    sight(x, y, height=max(0.01, size), label=label, score=0 if label == MOVING else size)
                    for x, y, size, label in one
                ]
            )
            for one in part
        ]

    whole = run(Play(), pictures)
    first, second = Play(), Play()
    found = run(first, pictures[:cut])
    second.one.set_state(first.one.state())
    second.at = first.at
    assert found + run(second, pictures[cut:]) == whole


def test_a_clock_set_back_begins_anew() -> None:
    play = Play()
    play(sight(0.3))
    play.at -= 3600
    assert [track.id for track in play(sight(0.3))] == [2]
