from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import SMOKE, START, recorded
from tocsin.alerts.overtaken import RECENT, demand_unmoved, last_act, with_who
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.incidents import SYSTEM, Actor, Checked, Received, Stage, Urged

ANN, BOB = Actor("person", "ann"), Actor("person", "bob")
LOG = [
    recorded(SMOKE, 1, Received(), actor=BOB),
    recorded(SMOKE, 2, Checked(), seconds=5, actor=ANN),
    recorded(SMOKE, 3, Urged(stage=Stage.CLOSE, step=1), seconds=9),
]
REFUSED = Rejected("move.check", "cannot check it: it is checked")


def test_a_refusal_says_who_was_faster_and_when() -> None:
    told = with_who(REFUSED, LOG, BOB, START + timedelta(seconds=10))
    assert told.code == "move.check"
    assert told.reason == f"{REFUSED.reason}; ann was faster: checked at 2026-11-22 14:00:05 UTC"


@pytest.mark.parametrize(
    ("refused", "log", "actor", "seconds"),
    [
        (REFUSED, [], BOB, 10),
        (REFUSED, LOG[1:], ANN, 10),
        (REFUSED, LOG, BOB, 6 + RECENT.total_seconds()),
        (Rejected("incident.closed", "closed by ann"), LOG, BOB, 10),
        (NotFound("matter.unknown", "there is none"), LOG, BOB, 10),
        (REFUSED, [recorded(SMOKE, 1, Received(), actor=SYSTEM)], BOB, 10),
    ],
)
def test_it_stays_as_it_is_when_nobody_was_it_is_long_ago_or_they_are_named(
    refused: Rejected, log: list, actor: Actor, seconds: float
) -> None:
    assert with_who(refused, log, actor, START + timedelta(seconds=seconds)) is refused


def test_a_page_is_overtaken_by_what_another_person_does_and_not_by_time_or_oneself() -> None:
    with pytest.raises(Rejected, match="ann was faster") as refused:
        demand_unmoved(LOG, BOB, 1)
    assert refused.value.code == "incident.moved_on"
    demand_unmoved(LOG, BOB, 2)
    demand_unmoved(LOG, ANN, 1)
    assert last_act(LOG, ANN) is LOG[0]


def test_what_is_told_is_the_move_and_not_what_followed_from_it() -> None:
    followed = [*LOG, recorded(SMOKE, 4, Urged(stage=Stage.CLOSE, step=1), seconds=5, actor=ANN)]
    with pytest.raises(Rejected, match="ann was faster: checked"):
        demand_unmoved(followed, BOB, 1)
