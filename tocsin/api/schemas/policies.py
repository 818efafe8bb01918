"""Versions of the rules of response, readiness of grids, and what another policy would have changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Identifier, Schema
from tocsin.core.grids import Tier
from tocsin.core.incidents import Readiness


class PolicyView(Schema):
    """One stored version."""

    id: str
    """Its name, `@`, and 12 digits of its hash."""
    name: str
    """Name of the policy."""
    saved: datetime
    """When it was first stored."""
    current_for: list[str]
    """Codes of grids for which new incidents run under it; `default` for everywhere else."""
    open_incidents: int
    """Open incidents that run under it; a newer version never reaches these."""


class PolicyList(Schema):
    """Versions of policies."""

    items: list[PolicyView]
    """Newest first."""
    now: datetime
    """The centre's time."""


class PolicyText(Schema):
    """One version as it was written."""

    id: str
    """Its id."""
    text: str
    """YAML."""


class ReadinessView(Schema):
    """What was last said of one grid."""

    grid: str
    """Its code."""
    grid_name: str
    """Its name."""
    readiness: Readiness
    """`peace` or `alert`; holds for what lies below, too."""
    since: datetime
    """When it was said."""
    person: str
    """Who said it: an id."""
    person_name: str
    """Their name; empty when they are not known any more."""
    reason: str
    """Why."""


class ReadinessList(Schema):
    """Readiness of grids; where nothing was said it is peace."""

    items: list[ReadinessView]
    """The newest word on each grid, in order of the tree."""
    now: datetime
    """The centre's time."""


class ReadinessBody(Schema):
    """Say in what time a grid and all below it are."""

    grid: Identifier
    """Code of the grid."""
    readiness: Readiness
    """`alert` while a warning is in force."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    """Which warning, from whom; or why it is over."""


class SimulateBody(Schema):
    """A policy to try on the past."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=65_536)]
    """YAML, as in a policy's file."""
    days: Annotated[int, Field(ge=1, le=31)] = 7
    """How far back."""


class TierFiguresView(Schema):
    """One tier under one policy."""

    tier: Tier
    """The tier."""
    activated: int
    """Clocks started."""
    arrived: int
    """In time."""
    late: int
    """After the deadline."""
    missed: int
    """Nobody came."""
    stood_down: int
    """Ended before their deadline."""
    running: int
    """Without a verdict when the run ended."""
    people_called: int
    """People called, counted once per incident."""
    calls: int
    """Times a phone rang."""
    assumed: int
    """Judged clocks that rest on an assumed answer."""
    rate: float | None
    """Share that arrived in time; null without any."""
    rate_low: float | None
    """Lower Wilson bound, 95 %."""
    rate_high: float | None
    """Upper Wilson bound, 95 %."""


class LoadView(Schema):
    """What one person bears."""

    person: str
    """Id."""
    calls: int
    """Times their phone rang."""
    night_calls: int
    """Between 22:00 and 06:00."""


class FiguresView(Schema):
    """All incidents under one policy."""

    incidents: int
    """Incidents."""
    confirmed: int
    """Of these confirmed."""
    tiers: list[TierFiguresView]
    """Nearest first."""
    load: list[LoadView]
    """Most calls first, at most 100 people."""


class ChangedIncidentView(Schema):
    """One incident that would have gone otherwise."""

    incident: str
    """Id."""
    called: list[str]
    """People called only under the new policy."""
    spared: list[str]
    """People called only under the old one."""
    verdicts: dict[str, list[str]]
    """Tier → verdict before and after, where they differ."""


class SimulationView(Schema):
    """A record against the same incidents under another policy; docs/policies.md says what it cannot tell."""

    seed: int
    """Of all that was drawn."""
    recorded: FiguresView | None
    """What really happened."""
    before: FiguresView
    """The same incidents, run in thought under the policy that they had."""
    after: FiguresView
    """… and under the new one."""
    reproduced: float | None
    """Share of recorded verdicts that the run under the old policy gives again."""
    changed: int
    """Incidents that would have gone otherwise."""
    incidents: list[ChangedIncidentView]
    """The first 50 of them."""
    answers: dict[str, int]
    """Observed answers of each tier from which assumed ones were drawn."""
    skipped: int
    """Recorded incidents that could not be run."""
    now: datetime
    """The centre's time."""
