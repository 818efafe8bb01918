from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tests.support.cases import ANN, SANITATION, TERMS, WATER, WorkCase
from tests.support.incidents import Case, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.core.errors import Rejected
from tocsin.core.incidents import (
    ExtensionAnswered,
    Grade,
    IncidentEvent,
    Reminded,
    Stage,
    State,
    Supervised,
    Urged,
)
from tocsin.core.working_time import Limit, Terms, Unit

MONDAY = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
"""09:00 in Beijing."""


def refusal(case: Case, command: ask.Command) -> Rejected:
    with pytest.raises(Rejected) as caught:
        case.do(command)
    return caught.value


def asked(case: WorkCase, days: int = 5) -> ask.AskExtension:
    until = case.now + timedelta(days=days)
    return ask.AskExtension(organisation=SANITATION, until=until, reason_code="materials")


def only(events: list[IncidentEvent], kind: type) -> list[IncidentEvent]:
    return [event for event in events if isinstance(event, kind)]


def test_more_time_that_is_granted_moves_the_limit_and_asks_anew_when_it_is_near() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    before = case.open_keys()
    assert before["work:handle:due:1"] == datetime(2026, 7, 16, 9, 30, tzinfo=UTC)
    case.do(asked(case, 7))
    assert case.open_keys()["work:handle:due:1"] == before["work:handle:due:1"]
    (answer,) = case.do(ask.AnswerExtension(granted=True), ANN)
    assert isinstance(answer, ExtensionAnswered)
    work = case.incident.work
    assert work is not None
    assert work.due == answer.due == MONDAY + timedelta(days=7)
    assert work.warn is not None
    assert MONDAY < work.warn < work.due
    assert (work.extension, work.extensions) == (None, 1)


def test_more_time_that_is_refused_leaves_the_limit_and_needs_a_reason() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    limit = case.incident.work and case.incident.work.due
    case.do(asked(case))
    assert refusal(case, ask.AnswerExtension(granted=False)).code == "extension.refusal"
    case.do(ask.AnswerExtension(granted=False, reason_code="too_long"), ANN)
    work = case.incident.work
    assert work is not None
    assert (work.due, work.extensions, work.extension) == (limit, 0, None)


def test_what_was_granted_late_begins_its_warnings_anew() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    case.do(asked(case, 20))
    case.until(datetime(2026, 7, 17, 1, 0, tzinfo=UTC))
    assert case.incident.work is not None
    assert case.incident.work.overdue == 1
    case.do(ask.AnswerExtension(granted=True), ANN)
    assert case.incident.work.overdue == 0
    assert case.open_keys()["work:handle:due:1"] == MONDAY + timedelta(days=20)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"organisation": WATER}, "organisation.not_lead"),
        ({"reason_code": "lazy"}, "extension.reason"),
        ({"until": MONDAY}, "extension.until"),
        ({"until": MONDAY + timedelta(days=400)}, "extension.until"),
    ],
)
def test_what_is_no_reason_for_more_time(change: dict[str, object], code: str) -> None:
    case = WorkCase(since=MONDAY).taken_on()
    assert refusal(case, structs.replace(asked(case), **change)).code == code


def test_asking_twice_waits_for_the_answer() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    case.do(asked(case))
    assert case.do(asked(case)) == []
    assert refusal(case, asked(case, 6)).code == "extension.asked"


def test_a_stage_without_a_limit_needs_no_more_time_and_nobody_answers_what_was_not_asked() -> None:
    case = WorkCase(since=MONDAY).filed(terms=Terms()).taken_on()
    assert refusal(case, asked(case)).code == "extension.no_limit"
    assert refusal(case, ask.AnswerExtension(granted=True)).code == "move.answer_extension"


def test_supervisors_hear_that_nobody_answers() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    case.do(asked(case, 20))
    fired = case.until(MONDAY + timedelta(days=2))
    assert (datetime(2026, 7, 14, 1, 0, tzinfo=UTC), "wait:extension:1") in fired
    assert ("waits", "boss") in case.templates()


def test_urging_calls_whom_it_waits_on() -> None:
    case = WorkCase(since=MONDAY).taken_on(SANITATION, WATER)
    case.told.clear()
    case.do(ask.Urge(), ANN)
    assert case.templates() == [("urge", "sa1"), ("urge", "wa1")]
    case.do(ask.FinishWork(organisation=SANITATION))
    case.told.clear()
    (urged, *_) = case.do(ask.Urge(), ANN)
    assert isinstance(urged, Urged)
    assert (urged.stage, urged.step) == (Stage.CHECK, 1)
    assert case.templates() == [("waits", "boss")]


def test_urging_is_counted_within_a_stage() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    steps = [event.step for _ in range(2) for event in case.do(ask.Urge()) if isinstance(event, Urged)]
    assert steps == [1, 2]
    case.do(ask.FinishWork(organisation=SANITATION))
    assert case.incident.work is not None
    assert case.incident.work.urged == 0


def test_urging_an_emergency_calls_those_who_have_not_come() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    case.at(20).do(ask.Refuse(person=person("ve2"), reason_code="ill"))
    case.told.clear()
    case.at(30).do(ask.Urge(), ANN)
    assert ("urge", "ve1") in case.templates()
    assert "ve2" not in {who for _, who in case.templates()}
    steps = [event.step for event in case.do(ask.Urge()) if isinstance(event, Urged)]
    assert steps == [2]
    assert case.incident.work is None


def test_a_leader_looks_on_for_a_reason_that_counts() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    assert refusal(case, ask.Supervise(reason_code="overdue")).code == "supervise.reason"
    case.told.clear()
    (looked, *_) = case.do(ask.Supervise(reason_code="complaint"), ANN)
    assert isinstance(looked, Supervised)
    assert (looked.reason_code, looked.step) == ("complaint", 1)
    assert case.templates() == [("supervise", "sa1")]
    assert "work:handle:due:1" in case.open_keys()


def test_time_warns_then_supervises_and_goes_on_supervising_a_few_times() -> None:
    case = WorkCase(since=MONDAY).dispatched(SANITATION)
    case.told.clear()
    fired = case.until(MONDAY + timedelta(days=30))
    assert [key for _, key in fired] == [
        "work:accept:warn",
        *(f"work:accept:due:{number}" for number in range(1, 5)),
    ]
    assert fired[0][0] == MONDAY + timedelta(hours=5, minutes=12)  # 80 % of four working hours, lunch between
    assert fired[1][0] == MONDAY + timedelta(hours=6)
    assert case.templates() == [
        ("urge", "sa1"), *[("supervise", "boss"), ("supervise", "sa1")] * 4,
    ]  # fmt: skip
    assert case.incident.work is not None
    assert (case.incident.work.overdue, case.incident.state) == (4, State.DISPATCHED)
    assert case.open_keys() == {}


def test_further_supervision_waits_for_working_time() -> None:
    friday = datetime(2026, 7, 17, 6, 0, tzinfo=UTC)
    case = WorkCase(since=friday).dispatched(SANITATION)
    due = case.open_keys()["work:accept:due:1"]
    assert due == datetime(2026, 7, 20, 1, 0, tzinfo=UTC)
    fired = case.until(due + timedelta(days=4, hours=1))
    assert [at for at, key in fired if key.startswith("work:accept:due")] == [
        due + timedelta(days=number) for number in range(4)
    ]
    for notice in case.told:
        assert 8 <= (notice.not_before.hour + 8) % 24 < 18


def test_a_limit_of_plain_hours_is_supervised_at_night_too() -> None:
    terms = Terms(limits={Stage.DISPATCH: Limit(24, Unit.HOUR)})
    case = WorkCase(since=datetime(2026, 7, 17, 18, 0, tzinfo=UTC)).filed(terms=terms)
    fired = case.until(datetime(2026, 7, 19, 20, 0, tzinfo=UTC))
    assert [(at.hour, key) for at, key in fired] == [
        (13, "work:dispatch:warn"), (18, "work:dispatch:due:1"), (18, "work:dispatch:due:2"),
    ]  # fmt: skip


def test_after_an_outage_one_supervision_is_made_and_the_next_is_that_of_tomorrow() -> None:
    case = WorkCase(since=MONDAY).dispatched(SANITATION)
    due = case.open_keys()["work:accept:due:1"]
    case.go(due + timedelta(days=2, hours=1))
    case.told.clear()
    case.reach("work:accept:warn")
    assert [who for what, who in case.templates() if what == "supervise"] == ["boss", "sa1"]
    assert case.reach("work:accept:due:1") == []
    assert case.open_keys() == {"work:accept:due:4": due + timedelta(days=3)}


def test_an_urge_by_hand_near_the_limit_is_the_warning() -> None:
    case = WorkCase(since=MONDAY).dispatched(SANITATION)
    warn = case.open_keys()["work:accept:warn"]
    case.go(warn - timedelta(minutes=1)).do(ask.Urge(), ANN)
    assert "work:accept:warn" in case.open_keys()
    case.go(warn).do(ask.Urge(), ANN)
    assert "work:accept:warn" not in case.open_keys()


def test_a_report_that_nobody_takes_up_is_said_again_and_not_for_ever() -> None:
    case = WorkCase(since=MONDAY).reported()
    fired = case.until(MONDAY + timedelta(days=2))
    spans = [at - MONDAY for at, _ in fired]
    assert spans == [timedelta(minutes=10 + 30 * number) for number in range(4)]
    assert [who for what, who in case.templates() if what == "waits"] == ["boss"] * 4
    assert case.open_keys() == {}


def test_after_an_outage_only_the_newest_reminder_is_sent() -> None:
    case = WorkCase(since=MONDAY).reported()
    case.go(MONDAY + timedelta(minutes=45))
    (said,) = only(case.reach("wait:receive:1"), Reminded)
    assert isinstance(said, Reminded)
    assert (said.what, said.step) == ("receive", 2)
    assert list(case.open_keys()) == ["wait:receive:3"]


def test_a_key_that_is_early_or_of_another_stage_is_stale() -> None:
    case = WorkCase(since=MONDAY).dispatched(SANITATION)
    assert case.reach("work:accept:due:1") == []
    assert case.reach("work:handle:due:1") == []
    assert case.reach("wait:dispatch:1") == []


def test_limits_in_a_case_are_those_of_its_terms() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    assert case.incident.work is not None
    assert case.incident.work.due == TERMS.due(Stage.HANDLE, MONDAY)
