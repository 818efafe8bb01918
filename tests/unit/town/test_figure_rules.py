"""Each rule at its limits: what counts, what counts against, what is left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Basis, Grade, Lateness, Source, Stage, Verdict
from tocsin.town import figure_rules as rules
from tocsin.town.facts import ClockFact, End, Facts, Judgement, StageFact
from tocsin.town.figure_model import Case, Part, Reason, Rule

OPENED = datetime(2026, 10, 5, 2, tzinfo=UTC)
CONFIRMED = OPENED + timedelta(seconds=10)
NOW = OPENED + timedelta(days=10)


def at(seconds: float) -> datetime:
    return CONFIRMED + timedelta(seconds=seconds)


def facts(**said: object) -> Facts:
    plain = Facts(
        incident=IncidentId("i-1"),
        version=9,
        kind=Kind.SMOKE,
        grade=Grade.III,
        source=Source.VIDEO,
        grid=GridCode("101"),
        path="1.101",
        opened=OPENED,
        began=OPENED - timedelta(seconds=5),
    )
    return structs.replace(plain, **said)


def clock(verdict: Verdict | None = None, *, tier: Tier = Tier.VILLAGE, **said: object) -> ClockFact:
    plain = ClockFact(tier=tier, confirmed=CONFIRMED, activated=CONFIRMED, due=at(180), verdict=verdict)
    return structs.replace(plain, **said)


def stage(name: Stage = Stage.HANDLE, **said: object) -> StageFact:
    return structs.replace(StageFact(stage=name, since=OPENED, due=OPENED + timedelta(days=1)), **said)


def judged(rule: Rule, said: Facts, now: datetime = NOW) -> list[tuple[Part, Reason]]:
    cases: Iterable[Case] = rule(said, now)
    return [(case.part, case.reason) for case in cases]


CALLED = {"confirmed": CONFIRMED, "clocks": (clock(),)}
HIT, MISS, OUT = Part.HIT, Part.MISS, Part.OUT


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"confirmed": CONFIRMED}, []),
        (CALLED | {"reached": at(60)}, [(HIT, Reason.REACHED)]),
        (CALLED | {"reached": at(60.001)}, [(MISS, Reason.REACHED_LATER)]),
        (CALLED, [(MISS, Reason.NOT_REACHED)]),
        (CALLED | {"end": End.CLOSED, "ended": at(60)}, [(OUT, Reason.ENDED_BEFORE)]),
        (CALLED | {"end": End.CLOSED, "ended": at(61)}, [(MISS, Reason.NOT_REACHED)]),
        (CALLED | {"end": End.CLOSED, "ended": at(30), "reached": at(9)}, [(HIT, Reason.REACHED)]),
    ],
)
def test_reached_within_sixty_seconds(said: dict[str, object], expected: list[tuple[Part, Reason]]) -> None:
    assert judged(rules.reached, facts(**said)) == expected


def test_nobody_is_late_before_the_sixty_seconds_are_over() -> None:
    assert judged(rules.reached, facts(**CALLED), at(59.9)) == [(OUT, Reason.RUNNING)]
    assert judged(rules.reached, facts(**CALLED), at(60)) == [(MISS, Reason.NOT_REACHED)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (CALLED | {"going": at(30)}, (HIT, Reason.GOING, 30.0)),
        (CALLED, (OUT, Reason.RUNNING, None)),
        (CALLED | {"clocks": (clock(Verdict.MISSED),)}, (MISS, Reason.NOBODY_WENT, None)),
        (
            CALLED | {"clocks": (clock(Verdict.STOOD_DOWN),), "end": End.REJECTED, "ended": at(20)},
            (OUT, Reason.ENDED_BEFORE, None),
        ),
    ],
)
def test_time_until_somebody_goes(said: dict[str, object], expected: tuple[object, ...]) -> None:
    (case,) = rules.going(facts(**said), NOW)
    assert (case.part, case.reason, case.seconds) == expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.ARRIVED, (HIT, Reason.ARRIVED)),
        (Verdict.LATE, (MISS, Reason.LATE)),
        (Verdict.MISSED, (MISS, Reason.MISSED)),
        (Verdict.STOOD_DOWN, (OUT, Reason.STOOD_DOWN)),
        (None, (OUT, Reason.RUNNING)),
    ],
)
def test_on_scene_is_arrived_of_what_was_neither_stood_down_nor_runs(
    verdict: Verdict | None, expected: tuple[Part, Reason]
) -> None:
    said = facts(clocks=(clock(verdict), clock(Verdict.ARRIVED, tier=Tier.CITY)))
    assert judged(rules.on_scene(Tier.VILLAGE), said) == [expected]
    assert judged(rules.on_scene(Tier.TOWNSHIP), said) == []


def test_every_clock_counts_also_one_from_before_a_rejection_was_taken_back() -> None:
    said = facts(clocks=(clock(Verdict.MISSED), clock(Verdict.ARRIVED)))
    assert judged(rules.on_scene(Tier.VILLAGE), said) == [(MISS, Reason.MISSED), (HIT, Reason.ARRIVED)]


def test_time_to_arrival_counts_from_confirmation_and_a_miss_as_never() -> None:
    rule = rules.arrival(Tier.VILLAGE)
    (came,) = rule(facts(clocks=(clock(Verdict.LATE, at=at(200)),)), NOW)
    assert (came.part, came.reason, came.seconds) == (HIT, Reason.LATE, 200)
    (missed,) = rule(facts(clocks=(clock(Verdict.MISSED, at=at(180)),)), NOW)
    assert (missed.part, missed.reason, missed.seconds) == (MISS, Reason.NEVER_CAME, None)
    assert judged(rule, facts(clocks=(clock(Verdict.STOOD_DOWN),))) == [(OUT, Reason.STOOD_DOWN)]
    assert judged(rule, facts(clocks=(clock(),))) == [(OUT, Reason.RUNNING)]


def test_what_was_ours_is_never_charged_to_people() -> None:
    said = facts(
        clocks=(
            clock(Verdict.MISSED, cause="system:outage"),
            clock(Verdict.LATE, tier=Tier.TOWNSHIP, cause="provider:failed"),
            clock(Verdict.MISSED, tier=Tier.CITY, cause="people:not_seen"),
            clock(Verdict.MISSED, tier=Tier.CITY),
            clock(Verdict.ARRIVED),
        )
    )
    for side, tier in (
        ("system", "village:outage"),
        ("provider", "township:failed"),
        ("people", "city:not_seen"),
    ):
        cases = list(rules.charged(side)(said, NOW))
        assert [case.detail for case in cases if case.part is HIT] == [tier]
        assert [case.reason for case in cases if case.part is OUT] == [Reason.NO_CAUSE]
        assert sum(case.part is MISS for case in cases) == 2


def test_observation_to_confirmation_begins_with_the_condition() -> None:
    (case,) = rules.confirmation(facts(confirmed=CONFIRMED, confirmed_by=Basis.OPERATOR), NOW)
    assert (case.part, case.seconds, case.detail) == (HIT, 15, "operator")
    assert judged(rules.confirmation, facts()) == [(OUT, Reason.RUNNING)]
    assert judged(rules.confirmation, facts(end=End.REJECTED, ended=NOW)) == []
    assert judged(rules.confirmation, facts(filed=OPENED)) == []
    (before,) = rules.confirmation(facts(confirmed=CONFIRMED, began=at(5)), NOW)
    assert before.seconds == 0


def test_a_confirmation_by_the_system_because_nobody_answered_counts_against_the_desk() -> None:
    for basis, part in ((Basis.UNANSWERED, HIT), (Basis.OPERATOR, MISS), (Basis.AUTOMATIC, MISS)):
        (case,) = rules.unanswered(facts(confirmed=CONFIRMED, confirmed_by=basis), NOW)
        assert case.part is part
    assert judged(rules.unanswered, facts()) == []


@pytest.mark.parametrize(
    ("level", "village", "township"),
    [
        (Tier.VILLAGE, HIT, HIT),
        (Tier.TOWNSHIP, MISS, HIT),
        (Tier.CITY, MISS, MISS),
        (None, OUT, OUT),
    ],
)
def test_containment_is_by_the_highest_level_that_dealt_with_it(
    level: Tier | None, village: Part, township: Part
) -> None:
    said = facts(end=End.CLOSED, ended=NOW, level=level)
    (low,), (high,) = rules.contained(Tier.VILLAGE)(said, NOW), rules.contained(Tier.TOWNSHIP)(said, NOW)
    assert (low.part, high.part) == (village, township)
    assert judged(rules.contained(Tier.CITY), facts(level=level)) == [], "only what is closed is contained"


@pytest.mark.parametrize(
    ("said", "handled", "closed"),
    [
        ({"end": End.REJECTED}, None, None),
        ({"end": End.MERGED}, None, None),
        ({}, (OUT, Reason.UNDECIDED), (OUT, Reason.UNDECIDED)),
        ({"confirmed": CONFIRMED}, (MISS, Reason.NOT_HANDLED), (MISS, Reason.STILL_OPEN)),
        ({"filed": OPENED}, (MISS, Reason.NOT_HANDLED), (MISS, Reason.STILL_OPEN)),
        ({"filed": OPENED, "handled": NOW}, (HIT, Reason.HANDLED), (MISS, Reason.STILL_OPEN)),
        ({"end": End.CLOSED, "end_reason": "handled"}, (HIT, Reason.HANDLED), (HIT, Reason.CLOSED)),
        ({"end": End.CLOSED, "end_reason": "no_action"}, (OUT, Reason.NO_ACTION), (HIT, Reason.CLOSED)),
        (
            {"lateness": Lateness.RETROSPECTIVE, "end": End.CLOSED},
            (OUT, Reason.RETROSPECTIVE),
            (HIT, Reason.CLOSED),
        ),
    ],
)
def test_handled_and_closed(said: dict[str, object], handled: object, closed: object) -> None:
    assert judged(rules.handling, facts(**said)) == [one for one in [handled] if one]
    assert judged(rules.closing, facts(**said)) == [one for one in [closed] if one]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"source": Source.VIDEO, "confirmed": CONFIRMED}, []),
        ({"source": Source.CITIZEN, "filed": OPENED}, [(HIT, Reason.TAKEN_AS_CASE)]),
        ({"source": Source.CITIZEN, "confirmed": CONFIRMED}, [(HIT, Reason.TAKEN_AS_CASE)]),
        ({"source": Source.CITIZEN}, [(OUT, Reason.UNDECIDED)]),
        ({"source": Source.CITIZEN, "end": End.REJECTED}, [(MISS, Reason.TURNED_DOWN)]),
        ({"source": Source.CITIZEN, "filed": OPENED, "end": End.REJECTED}, [(MISS, Reason.TURNED_DOWN)]),
        ({"source": Source.CITIZEN, "end": End.CLOSED}, [(MISS, Reason.TURNED_DOWN)]),
        ({"source": Source.CITIZEN, "end": End.MERGED, "duplicate": True}, [(OUT, Reason.DUPLICATE)]),
    ],
)
def test_what_people_report_is_taken_or_turned_down(said: dict[str, object], expected: list[object]) -> None:
    assert judged(rules.filing, facts(**said)) == expected


DUE = OPENED + timedelta(days=1)


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        (stage(ended=DUE, by="work_done"), NOW, (HIT, Reason.ON_TIME)),
        (stage(ended=DUE + timedelta(seconds=1), by="work_done"), NOW, (MISS, Reason.DONE_LATE)),
        (stage(), DUE, (OUT, Reason.RUNNING)),
        (stage(), DUE + timedelta(seconds=1), (MISS, Reason.OVERDUE)),
        (stage(due=None), NOW, (OUT, Reason.NO_LIMIT)),
        (stage(ended=DUE, by="returned"), NOW, (OUT, Reason.GIVEN_BACK)),
        (stage(ended=NOW, by="returned"), NOW, (MISS, Reason.DONE_LATE)),
        (stage(Stage.ACCEPT, ended=DUE, by="returned"), NOW, (HIT, Reason.ON_TIME)),
        (stage(ended=DUE, by="merged"), NOW, (OUT, Reason.ENDED_BEFORE)),
        (stage(Stage.DISPATCH, ended=DUE, by="filed"), NOW, (OUT, Reason.ENDED_BEFORE)),
        (stage(Stage.CHECK, ended=DUE, by="closed"), NOW, (OUT, Reason.ENDED_BEFORE)),
        (stage(Stage.CLOSE, ended=DUE, by="closed"), NOW, (HIT, Reason.ON_TIME)),
    ],
)
def test_a_passage_in_time(one: StageFact, now: datetime, expected: tuple[Part, Reason]) -> None:
    assert judged(rules.on_time(one.stage), facts(stages=(one,)), now) == [expected]
    others = [other for other in Stage if other is not one.stage]
    assert all(judged(rules.on_time(other), facts(stages=(one,)), now) == [] for other in others)


DONE = stage(Stage.CLOSE, ended=DUE, by="closed")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"stages": (stage(Stage.RECEIVE, due=None),)}, []),
        ({"stages": (DONE,), "end": End.CLOSED}, [(HIT, Reason.ON_TIME)]),
        ({"stages": (stage(ended=NOW, by="work_done"), DONE), "end": End.CLOSED}, [(MISS, Reason.DONE_LATE)]),
        ({"stages": (stage(),)}, [(MISS, Reason.OVERDUE)]),
        ({"stages": (stage(due=NOW + timedelta(hours=1)),)}, [(OUT, Reason.RUNNING)]),
        ({"stages": (stage(due=None),), "end": End.CLOSED}, [(OUT, Reason.NO_LIMIT)]),
        ({"stages": (stage(ended=DUE, by="rejected"),), "end": End.REJECTED}, [(OUT, Reason.ENDED_BEFORE)]),
    ],
)
def test_a_case_in_time_has_overstepped_no_limit(said: dict[str, object], expected: list[object]) -> None:
    assert judged(rules.case_on_time, facts(**said)) == expected


def test_overdue_now_is_the_stage_that_runs() -> None:
    assert judged(rules.overdue_now, facts(stages=(stage(),))) == [(HIT, Reason.OVERDUE)]
    assert judged(rules.overdue_now, facts(stages=(stage(),)), DUE) == [(MISS, Reason.WITHIN_LIMIT)]
    assert judged(rules.overdue_now, facts(stages=(stage(due=None),))) == [(OUT, Reason.NO_LIMIT)]
    assert judged(rules.overdue_now, facts(stages=(stage(ended=NOW),))) == []
    assert judged(rules.overdue_now, facts(stages=(stage(),), end=End.CLOSED)) == []
    assert judged(rules.overdue_now, facts()) == []


def test_times_of_a_case_run_from_filing_and_from_the_report() -> None:
    said = facts(filed=OPENED, stages=(DONE,), end=End.CLOSED, ended=OPENED + timedelta(hours=5))
    (case,) = rules.case_time(said, NOW)
    assert case.seconds == 5 * 3600
    assert judged(rules.case_time, facts(filed=OPENED, stages=(stage(),))) == [(OUT, Reason.RUNNING)]
    assert judged(rules.case_time, facts(filed=OPENED)) == [], "the urgent track is not timed in days"
    reported = stage(Stage.RECEIVE, due=None, ended=at(90))
    (taken,) = rules.take_up(facts(stages=(reported,)), NOW)
    assert taken.seconds == 100
    assert judged(rules.take_up, facts(stages=(stage(Stage.RECEIVE),))) == [(OUT, Reason.RUNNING)]
    assert judged(rules.take_up, facts(stages=(stage(),))) == []


@pytest.mark.parametrize(
    ("rule", "beside", "counted"),
    [
        (rules.rework, {"checks": 1}, {"reworks": 1}),
        (rules.returned, {"dispatched": 1}, {"returns": 1}),
        (rules.handed_up, {"filed": OPENED}, {"handed_up": 1}),
        (rules.urged, {"stages": (stage(),)}, {"urged": 2}),
        (rules.supervised, {"stages": (stage(),)}, {"supervised": 1}),
        (rules.extended, {"stages": (stage(),)}, {"extensions": 1}),
        (rules.reopened, {"end": End.CLOSED}, {"reopened": 1}),
        (rules.told_above, {"confirmed": CONFIRMED}, {"reported_up": 1}),
    ],
)
def test_what_happened_at_least_once_counts_once(
    rule: Rule, beside: dict[str, object], counted: dict[str, object]
) -> None:
    assert judged(rule, facts(**beside)) == [(MISS, Reason.DID_NOT_HAPPEN)]
    assert judged(rule, facts(**beside | counted)) == [(HIT, Reason.HAPPENED)]
    assert judged(rule, facts()) == [], "who could not have it is not counted"


def test_only_grave_ones_are_to_be_reported_up() -> None:
    assert judged(rules.told_above, facts(confirmed=CONFIRMED, grade=Grade.IV)) == []
    assert judged(rules.told_above, facts(confirmed=CONFIRMED, end=End.MERGED)) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"satisfaction": 5}, []),
        ({"end": End.CLOSED, "satisfaction": 4}, [(HIT, Reason.SATISFIED)]),
        ({"end": End.CLOSED, "satisfaction": 3}, [(MISS, Reason.UNSATISFIED)]),
        ({"end": End.CLOSED}, [(OUT, Reason.NOT_ASKED)]),
        ({"end": End.CLOSED, "calls_back": 2}, [(OUT, Reason.NO_ANSWER)]),
    ],
)
def test_satisfied_is_four_or_five_of_those_who_gave_a_mark(
    said: dict[str, object], expected: list[object]
) -> None:
    assert judged(rules.satisfaction, facts(**said)) == expected


def test_called_back_is_reached() -> None:
    assert judged(rules.call_back, facts(end=End.CLOSED, answered=True)) == [(HIT, Reason.CALLED_BACK)]
    assert judged(rules.call_back, facts(end=End.CLOSED, calls_back=3)) == [(MISS, Reason.NOT_CALLED_BACK)]
    assert judged(rules.call_back, facts(answered=True)) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"detector": Kind.SMOKE}, [(OUT, Reason.UNJUDGED)]),
        ({"detector": Kind.SMOKE, "judgement": Judgement.FALSE}, [(HIT, Reason.FALSE_ALARM)]),
        ({"detector": Kind.SMOKE, "judgement": Judgement.REAL}, [(MISS, Reason.REAL)]),
        (
            {"detector": Kind.SMOKE, "judgement": Judgement.FALSE, "duplicate": True},
            [(OUT, Reason.DUPLICATE)],
        ),
    ],
)
def test_a_false_alarm_is_a_persons_word_on_a_detectors(
    said: dict[str, object], expected: list[object]
) -> None:
    assert judged(rules.false_alarm, facts(**said)) == expected


def test_every_incident_is_one() -> None:
    assert judged(rules.incidents, facts(end=End.REJECTED)) == [(HIT, Reason.COUNTED)]
