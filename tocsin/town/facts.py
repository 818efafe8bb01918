"""What one incident's log says that figures count.

Facts hold verdicts, limits and ends as the log has them, and nothing that depends on when they are asked
for: they may be kept until the incident's next event. `town.fact_reader` makes them, and nobody else.
"""

from __future__ import annotations

from datetime import datetime
from enum import unique
from typing import Final

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import DeviceId, GridCode, IncidentId, OrganisationCode
from tocsin.core.incidents import Basis, Grade, Lateness, Source, Stage, Verdict, Word

FORM: Final = 1
"""Raised with every change of what facts hold or how they are read: kept ones of another form are read anew."""


@unique
class Judgement(Word):
    """What a person has said of an incident; a machine's word is none."""

    REAL = "real"
    FALSE = "false"
    UNJUDGED = "unjudged"


@unique
class End(Word):
    """How an incident ended."""

    CLOSED = "closed"
    REJECTED = "rejected"
    MERGED = "merged"


class ClockFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tier's clock and its last verdict."""

    tier: Tier
    confirmed: datetime
    """When the clocks started."""
    activated: datetime
    due: datetime
    verdict: Verdict | None = None
    """None while it runs."""
    at: datetime | None = None
    basis: Basis | None = None
    cause: str = ""
    """Of a miss, also of one that an arrival made *late* afterwards: `people:not_seen`."""


class StageFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One passage through a stage of the working-time track; a case may pass a stage more than once."""

    stage: Stage
    since: datetime
    due: datetime | None = None
    ended: datetime | None = None
    by: str = ""
    """Tag of the event that ended it: `taken_on`, `returned`, `merged`; empty while it runs."""
    organisation: OrganisationCode | None = None
    """The lead that it waited on; None for the desk."""
    extended: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What figures count of one incident."""

    incident: IncidentId
    version: int
    """Number of events that were read."""
    kind: Kind
    grade: Grade
    source: Source
    grid: GridCode
    path: str
    """Path of the grid when it was opened; empty in logs that are older than this field."""
    opened: datetime
    began: datetime
    device: DeviceId | None = None
    detector: Kind | None = None
    """Kind of the alarm that was attached first: what the detector took it for."""
    matter: str = ""
    lateness: Lateness = Lateness.LIVE
    drill: bool = False
    exercise: str = ""
    test: bool = False
    """Rejected as a test."""
    duplicate: bool = False
    """Merged, or rejected as a duplicate: it is counted with the other one."""
    judgement: Judgement = Judgement.UNJUDGED
    confirmed: datetime | None = None
    confirmed_by: Basis | None = None
    reached: datetime | None = None
    """When somebody who was called was first reached, not before confirmation."""
    going: datetime | None = None
    """When somebody first said that they go, or was there, not before confirmation."""
    clocks: tuple[ClockFact, ...] = ()
    """Nearest tier first; before them those of a confirmation that was taken back and given again."""
    beyond: bool = False
    organisation: OrganisationCode | None = None
    """Who leads: as dispatched last, else the nearest of the route."""
    level: Tier | None = None
    """The highest level that dealt with it: as a case, or with people at the scene."""
    received: datetime | None = None
    filed: datetime | None = None
    """When it first became a case of the catalogue."""
    stages: tuple[StageFact, ...] = ()
    """Passages in order; empty on the urgent track."""
    dispatched: int = 0
    returns: int = 0
    checks: int = 0
    """How often it was found done."""
    reworks: int = 0
    """How often it was sent back as not done."""
    handed_up: int = 0
    urged: int = 0
    supervised: int = 0
    extensions: int = 0
    reopened: int = 0
    transferred: bool = False
    reported_up: int = 0
    calls_back: int = 0
    answered: bool = False
    """Somebody was reached who could say how it was dealt with."""
    satisfaction: int | None = None
    handled: datetime | None = None
    """When it was last said to be done; None again after a reopening or a return."""
    end: End | None = None
    ended: datetime | None = None
    end_reason: str = ""
    evaluated: bool = False

    @property
    def open(self) -> bool:
        """Whether it still waits on somebody."""
        return self.end is None
