"""Which move leads from which state to which, and who may make it: the life of an incident as a table.  Pure.

`decide` refuses what is not in it, the API offers what is, `docs/states.md` is drawn from it. A move has a
row for each outcome; a row without an outcome leaves the state as it is. What a row cannot say (whose turn
it is among several organisations, which reasons count) stands with the rule of the move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from tocsin.alerts.model import Incident
from tocsin.core.incident_words import State


@unique
class Who(StrEnum):
    """In what part somebody acts."""

    DESK = "desk"
    """An operator."""
    LEADER = "leader"
    """A supervisor, or an operator in their name."""
    LEAD = "lead"
    """The organisation that has it."""
    PARTNER = "partner"
    """An organisation that helps the lead."""
    SCENE = "scene"
    """Who was called, or is there."""
    REPORTER = "reporter"
    """Who says that there is something, a device included."""
    SYSTEM = "system"
    """Nobody: time, or a camera, or a provider."""


@unique
class Track(StrEnum):
    """By which clock an incident goes."""

    URGENT = "urgent"
    """Minutes, tiers, arrival; also before anybody has said what it is."""
    WORK = "work"
    """Working hours and days, organisations, feedback."""
    BOTH = "both"


@unique
class Only(StrEnum):
    """What must hold besides the state."""

    ALWAYS = "always"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    WITHOUT_CLOCKS = "without clocks"
    LED = "an organisation has it"
    ASKED = "more time was asked for"


S = State
OPEN: Final = frozenset(state for state in State if state.open)
_BEFORE: Final = frozenset({S.REPORTED, S.RECEIVED})
_RUNNING: Final = frozenset({S.VERIFIED, S.ACCEPTED, S.HANDLING, S.HANDLED, S.CHECKED})
_AT_WORK: Final = frozenset({S.DISPATCHED, S.ACCEPTED, S.HANDLING})
_CASE: Final = frozenset({S.FILED, *_AT_WORK, S.HANDLED, S.CHECKED})
_ENDED: Final = frozenset({S.CLOSED, S.EVALUATED})


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome of one move."""

    move: str
    """Tag of the command."""
    states: frozenset[State]
    """Those in which it may be made."""
    to: State | None
    """The state after it; None leaves it."""
    who: frozenset[Who]
    track: Track = Track.BOTH
    only: Only = Only.ALWAYS

    def fits(self, state: State, track: Track) -> bool:
        """Say whether it holds in a state on a track, the urgent one or the one of working time."""
        return state in self.states and self.track in {track, Track.BOTH}


def _row(
    move: str,
    states: State | frozenset[State],
    to: State | None,
    *who: Who,
    track: Track = Track.BOTH,
    only: Only = Only.ALWAYS,
) -> Row:
    return Row(
        move, frozenset({states}) if isinstance(states, State) else states, to, frozenset(who), track, only
    )


def _confirming(move: str, *who: Who, case: bool = False) -> tuple[Row, ...]:
    """What confirms leads to where its people are already: nobody goes, somebody goes, somebody is there.

    A case that turns out to be an emergency begins as one that nobody has gone to.
    """
    rows = tuple(
        _row(move, _BEFORE, to, *who, track=Track.URGENT, only=Only.UNCONFIRMED)
        for to in (S.VERIFIED, S.ACCEPTED, S.HANDLING)
    )
    if not case:
        return rows
    return (*rows, _row(move, _CASE, S.VERIFIED, *who, track=Track.WORK, only=Only.UNCONFIRMED))


_W, _U = Track.WORK, Track.URGENT
_DESK, _LEADER, _LEAD, _PARTNER = Who.DESK, Who.LEADER, Who.LEAD, Who.PARTNER
_SCENE, _REPORTER, _SYSTEM = Who.SCENE, Who.REPORTER, Who.SYSTEM

TRANSITIONS: Final[tuple[Row, ...]] = (
    # It is heard of.
    _row("receive", S.REPORTED, S.RECEIVED, _DESK, track=_U),
    _row("attach_report", OPEN, None, _REPORTER, _DESK),
    _row("attach_alarm", OPEN, None, _SYSTEM),
    *_confirming("attach_alarm", _SYSTEM, case=True),
    _row("clear_alarm", OPEN, None, _SYSTEM),
    # It is an emergency: clocks run.
    *_confirming("confirm", _DESK, case=True),
    *_confirming("deadline_reached", _SYSTEM),
    _row("deadline_reached", OPEN | _ENDED, None, _SYSTEM),
    _row("activate", _RUNNING, None, _DESK, track=_U, only=Only.CONFIRMED),
    _row("see", OPEN, None, _SCENE),
    _row("accept", S.VERIFIED, S.ACCEPTED, _SCENE, track=_U),
    _row("accept", OPEN - {S.VERIFIED}, None, _SCENE),
    _row("refuse", OPEN, None, _SCENE),
    *_confirming("arrive", _SCENE, _DESK),
    _row("arrive", frozenset({S.VERIFIED, S.ACCEPTED}), S.HANDLING, _SCENE, _DESK, track=_U),
    _row("arrive", S.VERIFIED, S.ACCEPTED, _SCENE, _DESK, track=_U),
    _row("arrive", OPEN | {S.CLOSED, S.REJECTED, S.EVALUATED}, None, _SCENE, _DESK),
    *_confirming("say_real", _SCENE),
    _row("say_real", frozenset({S.VERIFIED, S.ACCEPTED}), S.HANDLING, _SCENE, track=_U),
    _row("say_real", S.VERIFIED, S.ACCEPTED, _SCENE, track=_U),
    _row("say_real", OPEN, None, _SCENE),
    _row("say_nothing_here", OPEN, S.REJECTED, _SCENE, track=_U),
    _row("say_nothing_here", frozenset({S.VERIFIED, S.ACCEPTED}), S.HANDLING, _SCENE, track=_U),
    _row("say_nothing_here", S.VERIFIED, S.ACCEPTED, _SCENE, track=_U),
    _row("say_nothing_here", OPEN, None, _SCENE),
    *_confirming("ask_help", _SCENE, case=True),
    _row("ask_help", OPEN, None, _SCENE),
    _row("camera_sees", frozenset({S.VERIFIED, S.ACCEPTED}), S.HANDLING, _SYSTEM, track=_U),
    _row("camera_sees", OPEN, None, _SYSTEM),
    _row("refute_arrival", S.HANDLING, S.ACCEPTED, _DESK, track=_U),
    _row("refute_arrival", S.HANDLING, S.VERIFIED, _DESK, track=_U),
    _row("refute_arrival", _RUNNING | _ENDED, None, _DESK),
    _row("report_done", _RUNNING - {S.HANDLED, S.CHECKED}, S.HANDLED, _SCENE, track=_U, only=Only.CONFIRMED),
    _row("report_done", S.HANDLED, None, _SCENE, track=_U, only=Only.CONFIRMED),
    # It is a case: filed, given to an organisation, dealt with in working time.
    _row("file", _BEFORE, S.FILED, _DESK, track=_U),
    _row("file", S.VERIFIED, S.FILED, _DESK, track=_U, only=Only.WITHOUT_CLOCKS),
    _row("file", _RUNNING, None, _DESK, track=_U, only=Only.CONFIRMED),
    _row("file", S.FILED, None, _DESK, track=_W),
    _row("dispatch", frozenset({S.FILED, S.DISPATCHED}), S.DISPATCHED, _DESK, track=_W),
    _row("dispatch", _RUNNING, None, _DESK, track=_U, only=Only.CONFIRMED),
    _row("take_on", S.DISPATCHED, S.ACCEPTED, _LEAD, track=_W),
    _row("begin_work", S.ACCEPTED, S.HANDLING, _LEAD, track=_W),
    _row("begin_work", frozenset({S.ACCEPTED, S.HANDLING}), None, _LEAD, _PARTNER, track=_W),
    _row("finish_work", frozenset({S.ACCEPTED, S.HANDLING}), S.HANDLED, _LEAD, track=_W),
    _row("finish_work", _AT_WORK, None, _PARTNER, track=_W),
    _row("finish_work", _RUNNING, None, _LEAD, _PARTNER, track=_U, only=Only.LED),
    _row("return", _AT_WORK, S.FILED, _LEAD, track=_W),
    _row("join", _AT_WORK | {S.HANDLED}, None, _DESK, _LEAD, track=_W, only=Only.LED),
    _row("join", _RUNNING, None, _DESK, _LEAD, track=_U, only=Only.LED),
    _row("hand_up", _AT_WORK | {S.FILED}, S.FILED, _DESK, _LEAD, track=_W),
    _row("hand_up", _RUNNING - {S.HANDLED, S.CHECKED}, None, _DESK, track=_U, only=Only.CONFIRMED),
    _row("ask_extension", frozenset({S.ACCEPTED, S.HANDLING}), None, _LEAD, track=_W),
    _row("answer_extension", frozenset({S.ACCEPTED, S.HANDLING}), None, _LEADER, track=_W, only=Only.ASKED),
    _row("urge", OPEN, None, _DESK, _LEADER),
    _row("supervise", OPEN, None, _LEADER),
    _row("check", S.HANDLED, S.CHECKED, _DESK),
    _row("check", S.HANDLED, S.HANDLING, _DESK),
    # It ends, and what comes after.
    _row("reject", OPEN, S.REJECTED, _DESK),
    _row("merge", OPEN, S.MERGED, _DESK),
    _row("close", OPEN, S.CLOSED, _DESK),
    _row("reopen", _ENDED, S.FILED, _DESK, _LEADER),
    _row("reopen", frozenset({S.REJECTED, S.MERGED}), S.RECEIVED, _DESK, _LEADER),
    _row("call_back", frozenset({S.HANDLED, S.CHECKED, S.CLOSED}), None, _DESK),
    _row("evaluate", S.CLOSED, S.EVALUATED, _DESK),
    # Around it.
    _row("transfer", OPEN, None, _DESK),
    _row("report_up", OPEN | _ENDED, None, _DESK, _LEADER),
    _row("change_grade", OPEN, None, _DESK),
    _row("confirm_grade", OPEN | {S.CLOSED}, None, _DESK, _LEADER),
    _row("tick_step", OPEN, None, _DESK, _SCENE),
    _row("add_note", frozenset(State), None, _DESK, _LEAD, _PARTNER, _SCENE),
    _row("settle_notice", frozenset(State), None, _SYSTEM),
)
"""Every move of an incident that exists; `open` begins one as reported, received or, confirmed at once, verified."""

_MOVES: Final = tuple(dict.fromkeys(row.move for row in TRANSITIONS))
_BY_MOVE: Final = {move: tuple(row for row in TRANSITIONS if row.move == move) for move in _MOVES}
_HOLDS: Final[dict[Only, Callable[[Incident], bool]]] = {
    Only.ALWAYS: lambda _: True,
    Only.UNCONFIRMED: lambda incident: incident.confirmed is None,
    Only.CONFIRMED: lambda incident: incident.confirmed is not None,
    Only.WITHOUT_CLOCKS: lambda incident: not incident.clocks,
    Only.LED: lambda incident: incident.work is not None and incident.work.lead is not None,
    Only.ASKED: lambda incident: incident.work is not None and incident.work.extension is not None,
}


def track(incident: Incident) -> Track:
    """Say by which clock it goes: working time from filing on, unless it is confirmed after that."""
    return Track.WORK if incident.work is not None and incident.work.stage is not None else Track.URGENT


def may(state: State, move: str, on: Track | None = None) -> bool:
    """Say whether a move is in the table for a state, on a track or on any."""
    return any(state in row.states and (on is None or row.fits(state, on)) for row in _BY_MOVE.get(move, ()))


def can(incident: Incident, move: str) -> bool:
    """Say whether a move is in the table for an incident as it stands, whoever makes it."""
    return any(_holds(row, incident) for row in _BY_MOVE.get(move, ()))


def moves(incident: Incident, who: Who) -> tuple[str, ...]:
    """Give what somebody may do to an incident as it stands, in the order of a life."""
    return tuple(
        move for move in _MOVES if any(who in row.who and _holds(row, incident) for row in _BY_MOVE[move])
    )


def outcomes(state: State, move: str, on: Track) -> frozenset[State]:
    """Give the states to which a move can lead."""
    return frozenset(row.to or state for row in _BY_MOVE.get(move, ()) if row.fits(state, on))


def states_of(move: str, on: Track) -> tuple[State, ...]:
    """Give the states in which a move may be made on a track, in the order of a life."""
    return tuple(state for state in State if may(state, move, on))


def _holds(row: Row, incident: Incident) -> bool:
    return row.fits(incident.state, track(incident)) and _HOLDS[row.only](incident)
