from __future__ import annotations

from tests.support.detecting import frame, phases, subject, yard
from tocsin.detectors.conviction import Conviction, ConvictionParameters, Verdict
from tocsin.detectors.look import Scene

VERDICT = Verdict(reason="seen", code="seen")
IMAGE = yard()[:90, :160]


def run(scores: list[float], step: float = 1.0, **given: float) -> list[str]:
    one, scene = Conviction(subject(), ConvictionParameters.model_validate(given)), Scene()
    said = []
    for index, score in enumerate(scores):
        said += phases(one.observe(scene.look(frame(index * step, IMAGE)), score, (), VERDICT))
    return said


def test_enough_of_the_last_pictures_raise() -> None:
    assert run([1, 0, 1, 0, 1], need=3, of=5) == ["raise"]
    assert run([1, 0, 0, 0, 0, 1, 0, 0, 0, 1], need=3, of=5) == []


def test_it_must_last_even_when_few_pictures_are_remembered() -> None:
    assert run([1.0] * 20, need=2, of=3, for_seconds=10) == ["raise"]
    assert run([1.0] * 10, need=2, of=3, for_seconds=10) == []


def test_it_clears_after_long_enough_without_support() -> None:
    assert run([1, 1, 0, 0, 0, 0, 0], need=2, of=2, clear_seconds=5) == ["raise", "clear"]
    assert run([1, 1, 0, 0, 1, 0, 0], need=2, of=2, clear_seconds=5) == ["raise"]


def test_one_missing_picture_never_clears_at_a_slow_rate() -> None:
    assert run([1, 1, 0, 1, 1], step=60, need=2, of=2, clear_seconds=5) == ["raise"]
