from __future__ import annotations

import pytest
from msgspec import structs

from tests.support.cases import SANITATION, WorkCase
from tests.support.incidents import Case
from tocsin.alerts import transitions
from tocsin.alerts.transitions import (
    OPEN,
    TRANSITIONS,
    Track,
    Who,
    can,
    may,
    moves,
    outcomes,
    states_of,
    track,
)
from tocsin.core.incidents import State


def test_a_case_goes_by_working_time_from_filing_on_and_by_clocks_once_confirmed() -> None:
    case = WorkCase().reported()
    assert track(case.incident) is Track.URGENT
    case.filed()
    assert track(case.incident) is Track.WORK
    case.confirm()
    assert track(case.incident) is Track.URGENT


@pytest.mark.parametrize(
    ("state", "move", "allowed"),
    [
        (State.REPORTED, "receive", True),
        (State.RECEIVED, "receive", False),
        (State.RECEIVED, "file", True),
        (State.FILED, "take_on", False),
        (State.DISPATCHED, "take_on", True),
        (State.HANDLED, "check", True),
        (State.CLOSED, "close", False),
        (State.CLOSED, "reopen", True),
        (State.EVALUATED, "evaluate", False),
        (State.MERGED, "reject", False),
        (State.HANDLING, "no_such_move", False),
    ],
)
def test_the_table_says_what_may_be_done(state: State, move: str, *, allowed: bool) -> None:
    assert may(state, move) is allowed


def test_a_state_of_both_tracks_allows_on_each_what_belongs_there() -> None:
    assert may(State.ACCEPTED, "begin_work", Track.WORK)
    assert not may(State.ACCEPTED, "begin_work", Track.URGENT)
    assert may(State.ACCEPTED, "report_done", Track.URGENT)
    assert not may(State.ACCEPTED, "report_done", Track.WORK)
    assert states_of("begin_work", Track.WORK) == (State.ACCEPTED, State.HANDLING)


def test_outcomes_are_all_states_to_which_a_move_can_lead() -> None:
    assert outcomes(State.HANDLED, "check", Track.WORK) == {State.CHECKED, State.HANDLING}
    assert outcomes(State.CLOSED, "evaluate", Track.URGENT) == {State.EVALUATED}
    assert outcomes(State.CLOSED, "file", Track.URGENT) == frozenset()
    assert outcomes(State.FILED, "urge", Track.WORK) == {State.FILED}


def test_each_party_is_offered_what_is_theirs() -> None:
    case = WorkCase().dispatched()
    assert moves(case.incident, Who.LEAD) == ("take_on", "return", "join", "hand_up", "add_note")
    assert "take_on" not in moves(case.incident, Who.DESK)
    assert {"dispatch", "urge", "reject", "merge", "close"} <= set(moves(case.incident, Who.DESK))
    assert moves(case.incident, Who.PARTNER) == ("finish_work", "add_note")
    assert "supervise" in moves(case.incident, Who.LEADER)


def test_more_time_is_answered_only_when_it_was_asked_for() -> None:
    case = WorkCase().taken_on()
    assert "answer_extension" not in moves(case.incident, Who.LEADER)
    work = case.incident.work
    assert work is not None
    asked = structs.replace(case.incident, work=structs.replace(work, extension=case.now))
    assert "answer_extension" in moves(asked, Who.LEADER)


def test_confirming_is_offered_once() -> None:
    case = Case()
    case.open()
    assert "confirm" in moves(case.incident, Who.DESK)
    case.confirm()
    assert "confirm" not in moves(case.incident, Who.DESK)
    assert "activate" in moves(case.incident, Who.DESK)


def test_an_emergency_whose_clocks_have_run_becomes_no_case() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert can(case.incident, "file")
    assert not can(structs.replace(case.incident, clocks={}), "take_on")
    assert outcomes(State.VERIFIED, "file", Track.URGENT) == {State.VERIFIED, State.FILED}


def test_an_organisation_helps_only_where_one_has_it() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert "join" not in moves(case.incident, Who.DESK)
    led = WorkCase().dispatched(SANITATION)
    assert "join" in moves(led.incident, Who.DESK)


def test_every_open_state_has_a_way_to_an_end_and_every_end_but_the_last_a_way_back() -> None:
    leads = {
        state: {row.to for row in TRANSITIONS if state in row.states and row.to is not None}
        for state in State
    }
    for state in OPEN:
        assert leads[state] & {State.CLOSED, State.REJECTED, State.MERGED}
    for state in set(State) - OPEN:
        assert leads[state], state


def test_every_state_is_reached() -> None:
    begun = {State.REPORTED, State.RECEIVED}
    assert begun | {row.to for row in transitions.TRANSITIONS if row.to is not None} == set(State)
