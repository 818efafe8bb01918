from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import structs

from tests.support.api import SMOKE, START, World
from tests.support.cases import ANN, SANITATION, TERMS, WATER, WorkCase
from tocsin.alerts import commands as ask
from tocsin.alerts.oversight import ReportDue
from tocsin.alerts.policy_model import Plan, Step
from tocsin.alerts.waiting import Waiting, What
from tocsin.api import case_views
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Stage, UpStage
from tocsin.core.working_time import worked

PLAN = Plan(
    id="smoke",
    zh="烟雾预案",
    en="Smoke",
    kinds=frozenset({Kind.SMOKE}),
    steps=(
        Step(id="gate", zh="开门", en="Open the gate", tier=Tier.VILLAGE),
        Step(id="call", zh="报警", en="Call"),
    ),
)


def test_a_line_of_the_queue_has_the_case_in_it() -> None:
    line = case_views.incident_line(World().queries.row(SMOKE))
    assert (line.source, line.matter, line.level, line.lead, line.stage) == ("sensor", "", None, None, None)


def test_a_case_is_shown_with_names_and_limits() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    names = {SANITATION: "环卫处"}
    shown = case_views.case(
        case.incident, case_views.Around(names=names, matter_name="暴露垃圾", moves=["return"])
    )
    assert shown.work is not None
    assert (shown.work.matter, shown.work.matter_name) == ("0101", "暴露垃圾")
    assert shown.work.lead is not None
    assert (shown.work.lead.code, shown.work.lead.name) == (SANITATION, "环卫处")
    assert [(one.code, one.name) for one in shown.work.partners] == [(WATER, "")]
    assert (shown.work.stage, shown.work.due) == (Stage.HANDLE, TERMS.due(Stage.HANDLE, case.now))
    assert shown.moves == ["return"]
    assert case_views.involved(case.incident) >= {SANITATION, WATER}


def test_what_is_left_is_counted_in_working_time() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    work = case.incident.work
    assert work is not None
    due = work.due
    assert due is not None

    def left(now: datetime | None) -> int | None:
        shown = case_views.case(case.incident, case_views.Around(now=now)).work
        assert shown is not None
        return shown.left_minutes

    assert left(due) == 0
    assert left(due - timedelta(minutes=90)) == 90
    before = due - timedelta(hours=20)
    assert left(before) == worked(before, due, work.terms.calendar) // timedelta(minutes=1)
    assert left(before) != 20 * 60, "the night is nobody's working time"
    assert left(None) is None


def test_before_filing_there_is_no_work_to_show() -> None:
    shown = case_views.case(WorkCase().reported().incident, case_views.Around())
    assert shown.work is None
    assert (shown.route, shown.grade_by, shown.plan) == ([], None, None)


def test_who_answers_for_the_grade_is_named() -> None:
    case = WorkCase().reported()
    case.do(ask.ConfirmGrade(grade=Grade.III), ANN)
    assert case_views.case(case.incident, case_views.Around()).grade_by == "ann"


def test_a_plan_shows_what_is_ticked_in_both_languages() -> None:
    case = WorkCase()
    case.open()
    shown = case_views.plan(PLAN, structs.replace(case.incident, ticked=("gate",)))
    assert shown is not None
    assert [(one.id, one.text, one.text_en, one.tier, one.done) for one in shown.steps] == [
        ("gate", "开门", "Open the gate", Tier.VILLAGE, True),
        ("call", "报警", "Call", None, False),
    ]
    assert case_views.plan(None, case.incident) is None


def test_what_is_owed_and_waited_for_keeps_its_instants() -> None:
    due = START + timedelta(hours=1)
    assert case_views.report_due(ReportDue(UpStage.INITIAL, START, due)).due == due
    waiting = case_views.waiting(Waiting("organisation:office", What.ACCEPT, START, due))
    assert (waiting.who, waiting.what, waiting.since, waiting.due) == (
        "organisation:office",
        "accept",
        START,
        due,
    )
