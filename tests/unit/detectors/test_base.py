from __future__ import annotations

import pytest

from tests.support.detecting import START_US, subject
from tocsin.core.detections import Phase
from tocsin.core.errors import Rejected
from tocsin.detectors.base import Statement, read_state, version_of
from tocsin.detectors.threshold import ThresholdParameters


def say(phase: Phase = Phase.RAISE, at_us: int = START_US) -> Statement:
    return Statement(phase=phase, observed_us=at_us, first_us=at_us, reason="r", code="c", score=7.0)


def test_the_id_is_the_same_in_a_replay_and_differs_by_phase_instant_and_detector() -> None:
    one = subject().detection(say())
    assert one.id == subject().detection(say()).id
    others = [say(Phase.CLEAR), say(at_us=START_US + 1)]
    assert one.id not in {subject().detection(other).id for other in others}
    assert one.id != subject(detector="other").detection(say()).id


def test_scores_are_kept_between_nought_and_one() -> None:
    assert subject().detection(say()).score == 1.0


def test_the_version_follows_the_parameters() -> None:
    first = version_of("threshold", 1, ThresholdParameters(above=1))
    assert first.startswith("threshold/1+")
    assert len(first) == len("threshold/1+") + 8
    assert first != version_of("threshold", 1, ThresholdParameters(above=2))


def test_a_state_of_something_else_is_refused() -> None:
    with pytest.raises(Rejected, match="start without it"):
        read_state(b"\x01", list[str])
