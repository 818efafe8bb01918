"""Turn incidents, as lines of the queue and as cases, into bodies of answers; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.alerts.model import Incident, Work
from tocsin.alerts.oversight import ReportDue
from tocsin.alerts.policy_model import Plan
from tocsin.alerts.ports import IncidentRow
from tocsin.alerts.waiting import Waiting
from tocsin.api.schemas.case import (
    CaseView,
    LeadView,
    PlanStepView,
    PlanView,
    ReportDueView,
    ReportedUpView,
    RouteView,
    WaitingView,
    WorkView,
)
from tocsin.api.schemas.incidents import ClockView, IncidentLine
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Lateness, Verdict
from tocsin.core.working_time import worked


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a case is shown with, besides itself."""

    names: Mapping[OrganisationCode, str] = field(default_factory=dict)
    matter_name: str = ""
    moves: Sequence[str] = ()
    plan: PlanView | None = None
    reports_due: Sequence[ReportDueView] = ()
    waits_on: Sequence[WaitingView] = ()
    now: datetime | None = None
    """Against which the working time that is left is counted; None does not count it."""


def incident_line(row: IncidentRow) -> IncidentLine:
    """Show one line of the queue."""
    clocks = [
        ClockView(
            tier=Tier(clock.tier),
            activated=clock.activated,
            due=clock.due,
            verdict=None if clock.verdict is None else Verdict(clock.verdict),
            at=clock.at,
        )
        for clock in row.clocks
    ]
    return IncidentLine(
        id=row.id,
        version=row.version,
        state=row.state,
        kind=row.kind,
        grade=row.grade,
        grid=row.grid,
        grid_name=row.grid_name,
        grid_path=row.grid_path,
        device=row.device,
        opened=row.opened,
        began=row.began,
        confirmed=row.confirmed,
        ended=row.ended,
        lateness=Lateness(row.lateness),
        drill=row.drill,
        alarms=row.alarms,
        reports=row.reports,
        clocks=sorted(clocks, key=lambda clock: TIERS.index(clock.tier)),
        picture=row.picture,
        source=row.source,
        matter=row.matter,
        matter_name=row.matter_name,
        level=row.level,
        lead=row.lead,
        lead_name=row.lead_name,
        stage=row.stage,
        stage_due=row.stage_due,
        satisfaction=row.satisfaction,
        beyond=row.beyond,
        exercise=row.exercise,
    )


def case(incident: Incident, around: Around) -> CaseView:
    """Show how an incident stands as a case."""
    work = incident.work
    return CaseView(
        work=None if work is None else _work(incident.matter, work, around),
        route=[
            RouteView(tier=tier, organisation=code, name=around.names.get(code, ""))
            for tier, code in incident.route
        ],
        beyond=incident.beyond,
        grade_by=None if incident.grade_by is None else incident.grade_by.id,
        plan=around.plan,
        reported_up=[ReportedUpView(stage=stage, at=at) for stage, at in incident.reported_up],
        reports_due=list(around.reports_due),
        waits_on=list(around.waits_on),
        moves=list(around.moves),
        transferred=list(incident.transferred),
        called_back=incident.called_back,
        satisfaction=incident.satisfaction,
        reopened=incident.reopened,
        exercise=incident.exercise,
        participants=list(incident.participants),
    )


def plan(value: Plan | None, incident: Incident) -> PlanView | None:
    """Show the checklist that is bound to an incident, with what is done."""
    if value is None:
        return None
    return PlanView(
        title=value.zh,
        title_en=value.en,
        steps=[
            PlanStepView(
                id=step.id, text=step.zh, text_en=step.en, tier=step.tier, done=step.id in incident.ticked
            )
            for step in value.steps
        ],
    )


def report_due(value: ReportDue) -> ReportDueView:
    """Show a report to the level above that is due."""
    return ReportDueView(stage=value.stage, due=value.due)


def waiting(value: Waiting) -> WaitingView:
    """Show one thing that an incident waits for."""
    return WaitingView(who=value.who, what=value.what, since=value.since, due=value.due)


def involved(incident: Incident) -> set[OrganisationCode]:
    """Gather the organisations whose names the reader of a case needs."""
    found = {code for _, code in incident.route}
    if incident.work is not None:
        found |= {*incident.work.partners, *incident.work.done}
        found |= set() if incident.work.lead is None else {incident.work.lead}
    return found


def _left_minutes(work: Work, now: datetime | None) -> int | None:
    if work.due is None or now is None:
        return None
    return int(worked(now, work.due, work.terms.calendar).total_seconds() // 60)


def _work(matter: str, work: Work, around: Around) -> WorkView:
    def named(code: OrganisationCode) -> LeadView:
        return LeadView(code=code, name=around.names.get(code, ""))

    return WorkView(
        matter=matter,
        matter_name=around.matter_name,
        level=work.level,
        lead=None if work.lead is None else named(work.lead),
        partners=[named(code) for code in work.partners],
        done=list(work.done),
        stage=work.stage,
        since=work.since,
        due=work.due,
        left_minutes=_left_minutes(work, around.now),
        extension=work.extension,
        extensions=work.extensions,
        urged=work.urged,
        supervised=work.supervised,
        returns=work.returns,
        reworks=work.reworks,
    )
