from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import INCIDENT, START, Case, person
from tocsin.alerts import commands as ask
from tocsin.alerts.evolve import evolve, fold, running
from tocsin.core.errors import InvariantBroken
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, NoticeId
from tocsin.core.incidents import (
    SYSTEM,
    Basis,
    DueChanged,
    Handled,
    IncidentEvent,
    NoticeSettled,
    Outcome,
    Recorded,
    Seen,
    State,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel


def record(event: IncidentEvent) -> Recorded:
    return Recorded(incident=INCIDENT, version=9, event=event, actor=SYSTEM, occurred=START, recorded=START)


def test_fold_of_nothing_is_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        fold([])


def test_life_begins_with_opened_and_once() -> None:
    case = Case()
    case.open()
    with pytest.raises(InvariantBroken, match="opened twice"):
        evolve(case.incident, case.log[0])
    with pytest.raises(InvariantBroken, match="begins with Seen"):
        evolve(None, record(Seen(person=person("ve1"), tier=Tier.VILLAGE)))


def test_verdict_without_a_clock_is_a_bug() -> None:
    case = Case()
    case.open()
    verdict = VerdictGiven(tier=Tier.CITY, verdict=Verdict.MISSED, at=START, basis=Basis.DEADLINE)
    with pytest.raises(InvariantBroken, match="never activated"):
        evolve(case.incident, record(verdict))


def test_version_counts_every_event() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert case.incident.version == len(case.log)


def test_state_is_not_shared_between_versions() -> None:
    case = Case()
    case.open()
    before = case.incident
    case.confirm()
    assert before.clocks == {}
    assert before.calls == {}


def test_ends_keep_who_and_when() -> None:
    case = Case()
    case.open()
    case.at(9).do(ask.Merge(into=IncidentId("7")))
    assert (case.incident.state, case.incident.merged_into, case.incident.ended) == (
        State.MERGED,
        "7",
        case.now,
    )
    assert case.incident.ended_by == SYSTEM


def test_handled_after_the_end_changes_no_state() -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code="test"))
    assert evolve(case.incident, record(Handled(person=None))).state is State.REJECTED


@pytest.mark.parametrize("outcome", Outcome)
def test_outcomes_of_notices(outcome: Outcome) -> None:
    case = Case()
    case.open()
    case.confirm()
    settled = NoticeSettled(
        notice=NoticeId("n"), person=person("ve1"), channel=Channel.WECOM_BOT, outcome=outcome
    )
    call = evolve(case.incident, record(settled)).calls[person("ve1")]
    assert (call.sent is not None) is (outcome in {Outcome.SENT, Outcome.DELIVERED})
    assert (call.failed == (Channel.WECOM_BOT,)) is (outcome is Outcome.FAILED)


def test_outcome_of_a_strange_channel_and_sight_of_a_stranger_change_nothing() -> None:
    case = Case()
    case.open()
    case.confirm()
    settled = NoticeSettled(
        notice=NoticeId("n"), person=person("ve1"), channel=Channel.MQTT, outcome=Outcome.SENT
    )
    assert evolve(case.incident, record(settled)).calls == case.incident.calls
    seen = Seen(person=person("x"), tier=Tier.VILLAGE)
    assert evolve(case.incident, record(seen)).calls == case.incident.calls


def test_running_is_an_activated_tier_without_a_verdict() -> None:
    case = Case()
    case.open()
    assert not running(case.incident, Tier.VILLAGE)
    case.confirm()
    assert running(case.incident, Tier.VILLAGE)
    case.run_until(180)
    assert not running(case.incident, Tier.VILLAGE)


def test_a_deadline_moves_only_while_its_clock_runs() -> None:
    case = Case()
    case.open()
    case.confirm()
    soon = START + timedelta(minutes=2)
    moved = DueChanged(tier=Tier.VILLAGE, due=soon, was=case.incident.clocks[Tier.VILLAGE].due)
    after = evolve(case.incident, record(moved))
    assert after.clocks[Tier.VILLAGE].due == soon
    assert after.clocks[Tier.CITY] == case.incident.clocks[Tier.CITY]
    case.run_until(200)
    assert evolve(case.incident, record(moved)).clocks == case.incident.clocks
    fresh = Case()
    fresh.open()
    assert evolve(fresh.incident, record(moved)).clocks == {}
