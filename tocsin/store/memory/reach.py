"""Budgets and providers' health in memory: the twin of `store.reach`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from tocsin.alerts.circuit import Health, after, trial_due
from tocsin.alerts.ports import Answer
from tocsin.alerts.reach_ports import ReachStore
from tocsin.alerts.throttle import Admission, Ask, Budget, admit
from tocsin.core.clock import Clock
from tocsin.core.responders import Channel


class MemoryReachStore(ReachStore):
    """Keeps budgets and health in dictionaries; tests read them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.budgets: dict[str, Budget] = {}
        self.providers: dict[tuple[Channel, str], Health] = {}

    @override
    async def salt(self) -> bytes:
        return bytes(32)

    @override
    async def admit(self, asks: Sequence[Ask]) -> Sequence[Admission]:
        answers, changed = admit(asks, self.budgets, self._clock.now())
        self.budgets |= changed
        return answers

    @override
    async def block(self, key: str, until: datetime) -> None:
        budget = self.budgets.get(key, Budget())
        longest = until if budget.blocked_until is None else max(until, budget.blocked_until)
        self.budgets[key] = replace(budget, blocked_until=longest)

    @override
    async def healths(self) -> Sequence[Health]:
        return list(self.providers.values())

    @override
    async def offer(self, providers: Sequence[tuple[Channel, str]]) -> None:
        for channel, provider in providers:
            now = self._clock.now()
            new = Health(channel=channel, provider=provider, since=now)
            known = self.providers.get((channel, provider), new)
            self.providers[channel, provider] = replace(known, offered=now)

    @override
    async def judge(self, channel: Channel, provider: str, answer: Answer) -> Health:
        if (channel, provider) not in self.providers:
            await self.offer([(channel, provider)])
        health = after(self.providers[channel, provider], answer, self._clock.now())
        self.providers[channel, provider] = health
        return health

    @override
    async def try_down(self, channel: Channel, provider: str) -> bool:
        known = self.providers.get((channel, provider))
        if known is None or not trial_due(known, self._clock.now()):
            return False
        self.providers[channel, provider] = replace(known, probed=self._clock.now())
        return True
