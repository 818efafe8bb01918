"""What policies need beside the transaction: which versions there are, readiness, the past, and who is on duty when.

Reads only: `AlertsUnit` writes.  Everything is bounded and scoped by a path of grids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.core.ids import GridCode, PersonId, PolicyId
from tocsin.core.incidents import Readiness, Recorded
from tocsin.core.responders import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """One stored version."""

    id: PolicyId
    name: str
    saved: datetime
    open_incidents: int
    """Open incidents that run under it: a new version never reaches these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessRow:
    """What was last said of one grid."""

    grid: GridCode
    grid_name: str
    grid_path: str
    readiness: Readiness
    since: datetime
    person: PersonId
    person_name: str
    """Empty when the person is not known any more."""
    reason: str


class PolicyRecords(Protocol):
    """Lists for people, for `tocsin policy lint` and `simulate`."""

    async def policies(self, most: int) -> Sequence[PolicyRow]:
        """List versions, newest first."""
        ...

    async def policy_text(self, policy: PolicyId) -> str:
        """Read a version as it was stored; raises `NotFound` (`policy.unknown`)."""
        ...

    async def readiness(self, scope: str) -> Sequence[ReadinessRow]:
        """List the newest word on each grid of a subtree and on those above it, in order of path."""
        ...

    async def logs(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Sequence[Recorded]]:
        """Read whole logs of incidents opened in a span, drills and open ones left out, oldest first."""
        ...

    async def directories_at(
        self, wanted: Sequence[tuple[GridCode, datetime]]
    ) -> Mapping[tuple[GridCode, datetime], Directory]:
        """Say who was or will be on duty for grids at instants, by the shifts and addresses known now.

        Grids that are not known are absent.
        """
        ...

    async def duty_changes(self, scope: str, since: datetime, until: datetime) -> Sequence[datetime]:
        """List the instants of a span at which a shift for a subtree, or for what lies above it, begins or ends."""
        ...
