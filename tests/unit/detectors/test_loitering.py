from __future__ import annotations

from tests.support.detecting import START_US, phases, subject
from tests.support.moving import look, track
from tocsin.core.clock import to_us
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Polygon
from tocsin.detectors.loitering import LoiteringParameters, loitering
from tocsin.detectors.look import Look

LEFT: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def stay(
    until: float, *, every: float = 1.0, gone: tuple[float, float] = (0, 0), number: int = 1, x: float = 0.2
) -> list[Look]:
    """Somebody at one place from 0 s on, not seen from `gone[0]` to `gone[1]`, afterwards as `number`."""
    looks = []
    for index in range(round((until + 10) / every)):
        at = index * every
        away = gone[0] <= at < gone[1] or at > until
        who = 1 if at < gone[1] else number
        looks.append(look(at, tracks=() if away else (track([(at, x, 0.8)], number=who),)))
    return looks


def watch(looks: list[Look], **given: object) -> list[Detection]:
    one = loitering(subject(Kind.LOITERING), LoiteringParameters.model_validate(given), LEFT)
    return [said for each in looks for said in one.observe(each)]


def second(one: Detection) -> float:
    return (to_us(one.observed) - START_US) / 1e6


def test_who_stays_too_long_is_raised_at_his_limit_at_any_rate() -> None:
    for every in (0.2, 1.0, 3.0):
        raised, cleared = watch(stay(30, every=every))
        assert phases([raised, cleared]) == ["raise", "clear"]
        assert 15 <= second(raised) < 15 + every + 1e-6
        assert second(cleared) < 30 + 3 * every + 3


def test_who_walks_through_is_nothing() -> None:
    assert watch(stay(12)) == []


def test_who_stays_outside_is_nothing() -> None:
    assert watch(stay(60, x=0.8)) == []


def test_a_few_seconds_behind_a_pillar_do_not_begin_anew_even_under_a_new_number() -> None:
    for number in (1, 7):
        assert second(watch(stay(30, gone=(8, 12), number=number))[0]) == 15


def test_who_was_away_for_long_begins_anew() -> None:
    assert second(watch(stay(60, gone=(8, 20), number=2))[0]) == 35


def test_somebody_else_at_another_place_begins_anew() -> None:
    looks = [
        look(
            at, tracks=(track([(at, 0.1 if at < 9 else 0.45, 0.2 if at < 9 else 0.9)], number=1 + (at >= 9)),)
        )
        for at in range(20)
    ]
    assert watch(looks) == []


def test_outside_its_hours_no_time_counts() -> None:
    assert watch(stay(60), hours=["22:00-06:00"]) == []
