from __future__ import annotations

import time

import pytest

from tests.support.incidents import DEFAULT, INCIDENT, STAFF, START, Case, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import apply, deadlines, decide, fold, notices, preview
from tocsin.core.errors import InvariantBroken, Rejected
from tocsin.core.grids import Tier
from tocsin.core.incidents import SYSTEM, Basis, NoteAdded, State


def test_every_command_but_open_needs_an_incident() -> None:
    for command in (ask.Confirm(), ask.AddNote(note="n"), ask.DeadlineReached(key="x")):
        with pytest.raises(Rejected) as caught:
            decide(None, command, START, DEFAULT, STAFF)
        assert caught.value.code == "incident.unknown"


def test_apply_without_anything_is_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        apply(INCIDENT, None, [], SYSTEM, START, START)


def test_apply_is_what_fold_gives_of_the_log() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.run_until(4000)
    assert fold(case.log) == case.incident


def test_notes_are_taken_even_after_the_end() -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code="test"))
    assert case.do(ask.AddNote(note="n1")) == [NoteAdded(note="n1")]


def test_any_command_after_a_deadline_gives_its_verdict_first() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(181).do(ask.Accept(person=person("ve1")))
    assert case.verdicts() == {"village": "missed", "township": None}


def test_claim_of_timely_arrival_is_the_answer_to_its_own_deadline() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(181).arrives("ve1", at=170)
    assert case.verdicts() == {"village": "arrived"}
    other = Case(staged())
    other.open()
    other.confirm()
    other.at(181).arrives(tier=Tier.VILLAGE, at=170, basis=Basis.OPERATOR)
    assert other.verdicts() == {"village": "arrived"}


def test_volunteers_claim_spares_the_tier_of_the_directory_and_a_strangers_is_refused() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(181).arrives("ve4", at=170)
    assert case.verdicts() == {"village": "arrived"}
    with pytest.raises(Rejected):
        case.arrives("stranger")


def test_preview_is_empty_when_nothing_will_come() -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code="test"))
    assert preview(case.incident, case.policy, case.staff, case.now) == ()


def test_whole_life_from_button_to_close() -> None:
    case = Case(staged())
    case.open(certified=True)
    case.at(12).do(ask.See(person=person("ve1")))
    case.at(15).do(ask.Accept(person=person("ve1")))
    case.at(150).arrives("ve1")
    case.at(900).do(ask.ReportDone(person=person("ve1")))
    assert case.incident.state is State.HANDLED
    case.at(950).do(ask.Close(reason_code="handled"))
    assert (case.incident.state, case.verdicts()) == (State.CLOSED, {"village": "arrived"})


def test_deadline_is_decided_fast_enough_for_five_thousand_at_once() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(180)

    def one() -> None:
        events = decide(case.incident, ask.DeadlineReached(key="tier:village"), case.now, case.policy, STAFF)
        after = apply(INCIDENT, case.incident, events, SYSTEM, case.now, case.now)
        assert deadlines(after, case.policy)
        assert [notice for event in events for notice in notices(event, after, STAFF, case.policy)]

    best = min(_seconds(one) for _ in range(200))
    # Aim 150 µs; the bound is loose because the machine of the tests is shared.
    assert best < 0.0006


def _seconds(act: object) -> float:
    began = time.perf_counter()
    act()  # type: ignore[operator]
    return time.perf_counter() - began


def test_a_phone_that_is_first_after_an_outage_hides_no_miss_from_the_supervisors() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(1000).do(ask.Accept(person=person("ve1")))
    assert case.verdicts() == {"village": "missed", "township": "missed", "city": None}
    assert ("missed_below", "boss") in case.templates()
    before = len(case.told)
    case.at(1001).do(ask.Accept(person=person("ve2")))
    assert case.told[before:] == []


def test_who_ends_an_incident_after_an_outage_wakes_no_supervisor() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(1000).do(ask.Close(reason_code="handled"))
    assert ("missed_below", "boss") not in case.templates()
