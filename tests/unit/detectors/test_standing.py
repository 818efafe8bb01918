from __future__ import annotations

from tests.support.detecting import START_US, subject
from tocsin.core.clock import from_us
from tocsin.core.detections import Detection, Phase
from tocsin.detectors.base import Statement
from tocsin.detectors.standing import StandingList


def said(phase: Phase, at_us: int = START_US, detector: str = "rule") -> Detection:
    return subject(detector=detector).detection(
        Statement(phase=phase, observed_us=at_us, first_us=at_us, reason="", code="")
    )


def test_a_raise_stands_until_its_clear() -> None:
    one = StandingList()
    raised = said(Phase.RAISE)
    one.hear([raised, said(Phase.UPDATE, START_US + 1)])
    assert one.ids() == (raised.id,)
    one.hear([said(Phase.CLEAR, START_US + 2)])
    assert one.ids() == ()


def test_only_what_belongs_to_a_rule_that_is_gone_is_cleared() -> None:
    one = StandingList()
    one.hear([said(Phase.RAISE, detector="kept"), said(Phase.RAISE, detector="gone")])
    other = StandingList()
    (cleared,) = other.restore(one.state(), {"kept"}, START_US + 5)
    assert (cleared.detector, cleared.phase) == ("gone", Phase.CLEAR)
    assert (cleared.evidence.first, cleared.observed) == (from_us(START_US), from_us(START_US + 5))
    assert other.ids() == one.ids()[:1]
