from __future__ import annotations

from tests.support.detecting import START_US, phases, reading, subject
from tocsin.core.detections import Kind
from tocsin.detectors.button import Button, ButtonParameters


def make() -> Button:
    return Button(subject(Kind.CALL), ButtonParameters())


def test_a_press_raises_at_once_and_clears_by_itself() -> None:
    one = make()
    (found,) = one.observe(reading(0, 1))
    assert (found.phase.value, found.kind) == ("raise", Kind.CALL)
    assert not one.tick(START_US + 59_000_000)
    assert phases(one.tick(START_US + 60_000_000)) == ["clear"]
    assert not one.tick(START_US + 61_000_000)


def test_words_are_presses_and_a_release_is_none() -> None:
    assert phases(make().observe(reading(0, None, text=" Single "))) == ["raise"]
    assert not make().observe(reading(0, None, text="battery low"))
    assert not make().observe(reading(0, 0))


def test_bouncing_is_one_press_and_a_second_press_is_an_update() -> None:
    one = make()
    assert phases(one.observe(reading(0, 1))) == ["raise"]
    assert not one.observe(reading(0.5, 1))
    (found,) = one.observe(reading(20, 1))
    assert (found.phase.value, found.reason) == ("update", "button pressed 2 times")
