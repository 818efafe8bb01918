"""The rules of the figures: what of an incident counts, and why something does not.  Pure.

Each gives cases from facts; whether an incident is a drill or a test was settled before. They read
verdicts and limits and compare recorded instants, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.grids import TIERS, Tier
from tocsin.core.incidents import Basis, Grade, Lateness, Source, Stage, Verdict
from tocsin.town.facts import ClockFact, End, Facts, Judgement, StageFact
from tocsin.town.figure_model import Case, Part, Reason, Rule

REACH_WITHIN: Final = timedelta(seconds=60)
SATISFIED_FROM: Final = 4
"""Of the marks 1 to 5."""
REPORTED_UP: Final = frozenset({Grade.I, Grade.II, Grade.III})
"""Grades that the level above is to hear of."""
_MACHINES: Final = frozenset({Source.SENSOR, Source.VIDEO})
_OVER: Final = frozenset({End.REJECTED, End.MERGED})
_STOPPED: Final = frozenset({"rejected", "merged", "closed", "confirmed", "filed"})
"""What ends a stage without its being done; filed again, it waits anew."""
_GIVEN_BACK: Final = frozenset({"returned", "handed_up"})

_COUNTED: Final = (Case(Part.HIT, Reason.COUNTED),)
_RUNNING: Final = (Case(Part.OUT, Reason.RUNNING),)
_DUPLICATE: Final = (Case(Part.OUT, Reason.DUPLICATE),)
_CASES: Final = {part: {reason: (Case(part, reason),) for reason in Reason} for part in Part}


def _hit(reason: Reason) -> tuple[Case]:
    return _CASES[Part.HIT][reason]


def _miss(reason: Reason) -> tuple[Case]:
    return _CASES[Part.MISS][reason]


def _out(reason: Reason) -> tuple[Case]:
    return _CASES[Part.OUT][reason]


def incidents(_: Facts, __: datetime) -> Iterable[Case]:
    """Count every incident once."""
    return _COUNTED


def reached(facts: Facts, now: datetime) -> Iterable[Case]:
    """Within 60 s of confirmation somebody who was called had it on their phone."""
    confirmed = facts.confirmed
    if confirmed is None or not facts.clocks:
        return ()
    if facts.reached is not None:
        took = facts.reached - confirmed
        if took <= REACH_WITHIN:
            return (Case(Part.HIT, Reason.REACHED, took.total_seconds()),)
        return (Case(Part.MISS, Reason.REACHED_LATER, took.total_seconds()),)
    if facts.ended is not None and facts.ended - confirmed <= REACH_WITHIN:
        return _out(Reason.ENDED_BEFORE)
    return _RUNNING if facts.open and now - confirmed < REACH_WITHIN else _miss(Reason.NOT_REACHED)


def going(facts: Facts, _: datetime) -> Iterable[Case]:
    """From confirmation until somebody says that they go, or is there."""
    if facts.confirmed is None or not facts.clocks:
        return ()
    if facts.going is not None:
        return (Case(Part.HIT, Reason.GOING, (facts.going - facts.confirmed).total_seconds()),)
    if any(clock.verdict is Verdict.MISSED for clock in facts.clocks):
        return _miss(Reason.NOBODY_WENT)
    return _RUNNING if facts.open else _out(Reason.ENDED_BEFORE)


def on_scene(tier: Tier) -> Rule:
    """A tier's people were at the scene by the deadline."""

    def rule(facts: Facts, _: datetime) -> Iterable[Case]:
        return [_presence(clock) for clock in facts.clocks if clock.tier is tier]

    return rule


def _presence(clock: ClockFact) -> Case:
    match clock.verdict:
        case Verdict.ARRIVED:
            return Case(Part.HIT, Reason.ARRIVED)
        case Verdict.LATE:
            return Case(Part.MISS, Reason.LATE, detail=clock.cause)
        case Verdict.MISSED:
            return Case(Part.MISS, Reason.MISSED, detail=clock.cause)
        case Verdict.STOOD_DOWN:
            return Case(Part.OUT, Reason.STOOD_DOWN)
        case None:
            return Case(Part.OUT, Reason.RUNNING)


def arrival(tier: Tier) -> Rule:
    """From confirmation until a tier's people are at the scene."""

    def rule(facts: Facts, _: datetime) -> Iterable[Case]:
        return [_way(clock) for clock in facts.clocks if clock.tier is tier]

    return rule


def _way(clock: ClockFact) -> Case:
    match clock.verdict:
        case Verdict.ARRIVED | Verdict.LATE:
            took = ((clock.at or clock.due) - clock.confirmed).total_seconds()
            reason = Reason.LATE if clock.verdict is Verdict.LATE else Reason.ARRIVED
            return Case(Part.HIT, reason, max(took, 0.0))
        case Verdict.MISSED:
            return Case(Part.MISS, Reason.NEVER_CAME)
        case Verdict.STOOD_DOWN:
            return Case(Part.OUT, Reason.STOOD_DOWN)
        case None:
            return Case(Part.OUT, Reason.RUNNING)


def charged(side: str) -> Rule:
    """A clock that was not met is charged to one side: people, the system, a provider."""

    def rule(facts: Facts, _: datetime) -> Iterable[Case]:
        for clock in facts.clocks:
            if clock.verdict not in {Verdict.LATE, Verdict.MISSED}:
                continue
            blamed, _colon, segment = clock.cause.partition(":")
            if not blamed:
                yield Case(Part.OUT, Reason.NO_CAUSE)
            elif blamed == side:
                yield Case(Part.HIT, Reason.CHARGED, detail=f"{clock.tier}:{segment}")
            else:
                yield Case(Part.MISS, Reason.CHARGED_ELSEWHERE)

    return rule


def confirmation(facts: Facts, _: datetime) -> Iterable[Case]:
    """From what was observed until it was confirmed."""
    if facts.confirmed is None:
        return _RUNNING if facts.open and facts.filed is None else ()
    took = max((facts.confirmed - facts.began).total_seconds(), 0.0)
    return (Case(Part.HIT, Reason.CONFIRMED, took, detail=facts.confirmed_by or ""),)


def unanswered(facts: Facts, _: datetime) -> Iterable[Case]:
    """Nobody answered at the desk, and the system confirmed by itself."""
    if facts.confirmed is None:
        return ()
    by_itself = facts.confirmed_by is Basis.UNANSWERED
    return _hit(Reason.SYSTEM_CONFIRMED) if by_itself else _miss(Reason.ANSWERED)


def contained(highest: Tier) -> Rule:
    """No level above this one had to deal with it."""

    def rule(facts: Facts, _: datetime) -> Iterable[Case]:
        if facts.end is not End.CLOSED:
            return ()
        if facts.level is None:
            return _out(Reason.NO_LEVEL)
        here = TIERS.index(facts.level) <= TIERS.index(highest)
        return (
            Case(
                Part.HIT if here else Part.MISS,
                Reason.THIS_LEVEL if here else Reason.HIGHER_LEVEL,
                detail=facts.level,
            ),
        )

    return rule


def handling(facts: Facts, _: datetime) -> Iterable[Case]:
    """What was real was dealt with."""
    if facts.end in _OVER:
        return ()
    if facts.lateness is Lateness.RETROSPECTIVE:
        return _out(Reason.RETROSPECTIVE)
    if facts.end is End.CLOSED and facts.end_reason == "no_action":
        return _out(Reason.NO_ACTION)
    if facts.handled is not None or facts.end is End.CLOSED:
        return _hit(Reason.HANDLED)
    return _miss(Reason.NOT_HANDLED) if _taken(facts) else _out(Reason.UNDECIDED)


def closing(facts: Facts, _: datetime) -> Iterable[Case]:
    """What was taken as real was struck off."""
    if facts.end in _OVER:
        return ()
    if facts.end is End.CLOSED:
        return _hit(Reason.CLOSED)
    return _miss(Reason.STILL_OPEN) if _taken(facts) else _out(Reason.UNDECIDED)


def filing(facts: Facts, _: datetime) -> Iterable[Case]:
    """What people reported was taken as a case, or confirmed."""
    if facts.source in _MACHINES:
        return ()
    if facts.duplicate:
        return _DUPLICATE
    if facts.end is not End.REJECTED and _taken(facts):
        return _hit(Reason.TAKEN_AS_CASE)
    return _out(Reason.UNDECIDED) if facts.open else _miss(Reason.TURNED_DOWN)


def on_time(stage: Stage) -> Rule:
    """A stage was over within its limit; each passage counts."""

    def rule(facts: Facts, now: datetime) -> Iterable[Case]:
        return [_passage(one, now) for one in facts.stages if one.stage is stage]

    return rule


def _passage(one: StageFact, now: datetime) -> Case:
    if one.due is None:
        return Case(Part.OUT, Reason.NO_LIMIT)
    if one.ended is None:
        return Case(Part.MISS, Reason.OVERDUE) if now > one.due else Case(Part.OUT, Reason.RUNNING)
    if one.ended > one.due:
        return Case(Part.MISS, Reason.DONE_LATE)
    if one.stage is Stage.HANDLE and one.by in _GIVEN_BACK:
        return Case(Part.OUT, Reason.GIVEN_BACK)
    if one.by in _STOPPED and not (one.stage is Stage.CLOSE and one.by == "closed"):
        return Case(Part.OUT, Reason.ENDED_BEFORE)
    return Case(Part.HIT, Reason.ON_TIME)


def case_on_time(facts: Facts, now: datetime) -> Iterable[Case]:
    """No stage of a case overstepped its limit."""
    passages = [one for one in facts.stages if one.stage is not Stage.RECEIVE]
    if not passages:
        return ()
    judged = [_passage(one, now) for one in passages]
    if any(case.part is Part.MISS for case in judged):
        return _miss(Reason.DONE_LATE if facts.end is not None else Reason.OVERDUE)
    if all(case.reason is Reason.NO_LIMIT for case in judged):
        return _out(Reason.NO_LIMIT)
    if facts.end is None:
        return _RUNNING
    return _hit(Reason.ON_TIME) if facts.end is End.CLOSED else _out(Reason.ENDED_BEFORE)


def overdue_now(facts: Facts, now: datetime) -> Iterable[Case]:
    """An open case has overstepped the limit of the stage that it stands in."""
    if not facts.open or not facts.stages or facts.stages[-1].ended is not None:
        return ()
    due = facts.stages[-1].due
    if due is None:
        return _out(Reason.NO_LIMIT)
    if now > due:
        return (Case(Part.HIT, Reason.OVERDUE, detail=facts.stages[-1].stage),)
    return _miss(Reason.WITHIN_LIMIT)


def case_time(facts: Facts, _: datetime) -> Iterable[Case]:
    """From filing to the end, of cases of the working-time track."""
    if facts.filed is None or not _working(facts) or facts.end in _OVER:
        return ()
    if facts.ended is None:
        return _RUNNING
    return (Case(Part.HIT, Reason.CLOSED, (facts.ended - facts.filed).total_seconds()),)


def take_up(facts: Facts, _: datetime) -> Iterable[Case]:
    """From a report until the desk takes it up."""
    first = facts.stages[0] if facts.stages else None
    if first is None or first.stage is not Stage.RECEIVE:
        return ()
    if first.ended is None:
        return _RUNNING
    return (Case(Part.HIT, Reason.COUNTED, (first.ended - first.since).total_seconds()),)


def rework(facts: Facts, _: datetime) -> Iterable[Case]:
    """What was looked at after it was said to be done was sent back."""
    return _happened(facts.reworks > 0) if facts.checks or facts.reworks else ()


def returned(facts: Facts, _: datetime) -> Iterable[Case]:
    """An organisation gave back what it had been given."""
    return _happened(facts.returns > 0) if facts.dispatched else ()


def handed_up(facts: Facts, _: datetime) -> Iterable[Case]:
    """A level gave it to the next one."""
    return _happened(facts.handed_up > 0) if _taken(facts) and facts.end not in _OVER else ()


def urged(facts: Facts, _: datetime) -> Iterable[Case]:
    """Whoever it waited on had to be reminded."""
    return _happened(facts.urged > 0) if _working(facts) else ()


def supervised(facts: Facts, _: datetime) -> Iterable[Case]:
    """The level above had to look on."""
    return _happened(facts.supervised > 0) if _working(facts) else ()


def extended(facts: Facts, _: datetime) -> Iterable[Case]:
    """More time was granted."""
    return _happened(facts.extensions > 0) if _working(facts) else ()


def reopened(facts: Facts, _: datetime) -> Iterable[Case]:
    """It had ended and went on."""
    return _happened(facts.reopened > 0) if facts.end is not None or facts.reopened else ()


def satisfaction(facts: Facts, _: datetime) -> Iterable[Case]:
    """Whoever was asked is satisfied with how it was dealt with."""
    if facts.end is not End.CLOSED:
        return ()
    mark = facts.satisfaction
    if mark is None:
        return _out(Reason.NO_ANSWER if facts.calls_back else Reason.NOT_ASKED)
    good = mark >= SATISFIED_FROM
    reason = Reason.SATISFIED if good else Reason.UNSATISFIED
    return (Case(Part.HIT if good else Part.MISS, reason, detail=str(mark)),)


def call_back(facts: Facts, _: datetime) -> Iterable[Case]:
    """Somebody was reached and asked after it was closed."""
    if facts.end is not End.CLOSED:
        return ()
    return _hit(Reason.CALLED_BACK) if facts.answered else _miss(Reason.NOT_CALLED_BACK)


def false_alarm(facts: Facts, _: datetime) -> Iterable[Case]:
    """A person found nothing behind what a detector reported."""
    if facts.detector is None:
        return ()
    if facts.duplicate:
        return _DUPLICATE
    match facts.judgement:
        case Judgement.FALSE:
            return (Case(Part.HIT, Reason.FALSE_ALARM, detail=facts.detector),)
        case Judgement.REAL:
            return _miss(Reason.REAL)
        case Judgement.UNJUDGED:
            return _out(Reason.UNJUDGED)


def told_above(facts: Facts, _: datetime) -> Iterable[Case]:
    """Of what is grave the level above was told."""
    if facts.confirmed is None or facts.grade not in REPORTED_UP or facts.end in _OVER:
        return ()
    return _happened(facts.reported_up > 0)


def _happened(yes: bool) -> tuple[Case]:  # noqa: FBT001 the answer itself
    return _hit(Reason.HAPPENED) if yes else _miss(Reason.DID_NOT_HAPPEN)


def _taken(facts: Facts) -> bool:
    """Say whether somebody has taken it as real."""
    return facts.confirmed is not None or facts.filed is not None


def _working(facts: Facts) -> bool:
    """Say whether it went the working-time track."""
    return any(one.stage is not Stage.RECEIVE for one in facts.stages)
