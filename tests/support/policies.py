"""What `PolicyRecords` answers in tests: plain lists that a test fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from typing_extensions import override

from tocsin.alerts.policy_ports import PolicyRecords, PolicyRow, ReadinessRow
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, PolicyId
from tocsin.core.incidents import Opened, Recorded
from tocsin.core.responders import Directory


class FakePolicies(PolicyRecords):
    """Answers from what it was given; remembers for which scope it was asked."""

    def __init__(self) -> None:
        self.rows: list[PolicyRow] = []
        self.texts: dict[PolicyId, str] = {}
        self.said: list[ReadinessRow] = []
        self.past: list[list[Recorded]] = []
        self.staff: dict[GridCode, Directory] = {}
        self.edges: list[datetime] = []
        self.scopes: list[str] = []

    @override
    async def policies(self, most: int) -> Sequence[PolicyRow]:
        return self.rows[:most]

    @override
    async def policy_text(self, policy: PolicyId) -> str:
        if policy not in self.texts:
            raise NotFound("policy.unknown", f"there is no policy version {policy}")
        return self.texts[policy]

    @override
    async def readiness(self, scope: str) -> Sequence[ReadinessRow]:
        self.scopes.append(scope)
        return self.said

    @override
    async def logs(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Sequence[Recorded]]:
        self.scopes.append(scope)
        return [
            log
            for log in self.past
            if since <= log[0].recorded < until
            and isinstance(log[0].event, Opened)
            and log[0].event.path.startswith(scope)
        ][:most]

    @override
    async def directories_at(
        self, wanted: Sequence[tuple[GridCode, datetime]]
    ) -> Mapping[tuple[GridCode, datetime], Directory]:
        return {(grid, at): self.staff[grid] for grid, at in wanted if grid in self.staff}

    @override
    async def duty_changes(self, scope: str, since: datetime, until: datetime) -> Sequence[datetime]:
        return [at for at in self.edges if since < at < until]
