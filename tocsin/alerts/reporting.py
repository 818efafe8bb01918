"""Where a report by hand goes: into the open incident that correlates, or into one of its own.

Reads under the same locks as intake: place, then incidents by ascending id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.alerts.commands import AttachReport, Command, Open
from tocsin.alerts.correlate import Sign, choose, kinds_together, lock_kind
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import AlertsUnit, Report
from tocsin.core.detections import Kind
from tocsin.core.grids import Grid
from tocsin.core.ids import IncidentId, PolicyId, derived_id
from tocsin.core.incidents import Grade, Lateness, Readiness, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of a report besides its words."""

    source: Source = Source.DESK
    """Where it was heard of."""
    reported: bool = False
    """Nobody at the desk has heard of it yet: what it opens waits to be taken up."""
    matter: str = ""
    """Code of the catalogue, where the reporter named one."""


BY_DESK: Final = Said()
"""Somebody told an operator, who wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The incident that takes a report."""

    name: IncidentId
    incident: Incident | None
    """None when the report begins one."""
    grid: Grid
    policy: ResponsePolicy
    version: PolicyId
    readiness: Readiness = Readiness.PEACE
    """In what time its place is now."""
    answered: bool = False
    """The same act was committed before: nothing is to be done."""

    def command(
        self, report: Report, severity: float, grade: Grade | None, now: datetime, said: Said = BY_DESK
    ) -> Command:
        """Say what the incident is asked."""
        if self.incident is not None:
            return AttachReport(report=report.id)
        return Open(
            kind=report.kind,
            severity=severity,
            grade=grade,
            grid=self.grid.code,
            place=report.place,
            centre=self.grid.centre if report.place is None else None,
            radius_m=self.grid.radius_m,
            began=min(report.at, now),
            lateness=Lateness.LIVE,
            policy=self.version,
            path=self.grid.path,
            readiness=self.readiness,
            report=report.id,
            source=said.source,
            reported=said.reported,
            matter=said.matter,
        )


async def find_target(
    unit: AlertsUnit, policies: PolicyBook, report: Report, act: str, matter: str = ""
) -> Target:
    """Lock the place and find the incident; the name of a new one is derived from the act.

    What is another matter is another happening.  Raises `NotFound` (`grid.unknown`).
    """
    name = IncidentId(derived_id("incident", "report", act))
    grid = await unit.grid(report.grid)
    township = await unit.township(report.grid)
    version = policies.for_grid(grid)
    own = Target(
        name=name,
        incident=None,
        grid=grid,
        policy=version.policy,
        version=version.id,
        readiness=(await unit.readiness([grid.code]))[grid.code],
    )
    await unit.lock_places([(lock_kind(report.kind, version.policy), township)])
    near = await unit.open_incidents(kinds_together(report.kind, version.policy), township)
    sign = Sign(kind=report.kind, grid=report.grid, place=report.place, at=min(report.at, unit.now))
    chosen = choose(sign, near, version.policy)
    logs = await unit.load([name] if chosen is None else [name, chosen])
    taken = await unit.reported(report.id)  # its incident may have ended since, and is not near any more
    for one in (name, *(one.id for one in near), *((taken,) if taken is not None else ())):
        if one == taken or await unit.answered(one, act):
            return Target(
                name=one, incident=None, grid=grid, policy=version.policy, version=version.id, answered=True
            )
    if chosen is None or not logs.get(chosen):
        return own
    state = fold(logs[chosen])
    if not state.state.open or _another_matter(report.kind, matter, state.matter):
        return own
    return Target(
        name=chosen,
        incident=state,
        grid=await unit.grid(state.grid),
        policy=await policies.version(unit, state.policy),
        version=state.policy,
    )


def _another_matter(kind: Kind, matter: str, other: str) -> bool:
    """Say whether a report of a matter is about something else: the kind alone says nothing when it is *other*."""
    return matter != other and (kind is Kind.OTHER or bool(matter and other))
