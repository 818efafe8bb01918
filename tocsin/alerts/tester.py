"""Sends tests of people's channels: those that somebody asks for, and one a week for everybody.

A chore of the relay, within the same budgets and through the same providers, and behind every notice:
a test that finds no room comes back two minutes later.  Nothing of it belongs to an incident.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.config import ChannelTestConfig
from tocsin.alerts.ports import RefusedBy, Sent, Unknown
from tocsin.alerts.providers import Providers, Wanted
from tocsin.alerts.reach_ports import Trial, TrialStore
from tocsin.alerts.trial import due, write
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel

log = structlog.get_logger()

AT_ONCE: Final = 5
"""Tests on the way at one time: the rest of the places belongs to notices."""
WEEKLY_EVERY_SECONDS: Final = 60.0
WEEKLY_MOST: Final = 10
"""Tests ordered in a minute, so that a week's arrears make no crowd."""
URGENCY: Final = 9
LIMIT_SECONDS: Final = 35.0
BY: Final = "system"
EVERYWHERE: Final = ""
SCORED_MOST: Final = 500
"""Newest tests that the channels' figures are made of."""


class ChannelTester:
    """Send ordered tests and order those of the week."""

    def __init__(
        self,
        store: TrialStore,
        providers: Providers,
        config: ChannelTestConfig,
        *,
        clock: Clock,
        link_base: str,
        token: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        self._store = store
        self._providers = providers
        self._config = config
        self._clock = clock
        self._link_base = link_base.rstrip("/")
        self._token = token
        self._ordered = -WEEKLY_EVERY_SECONDS
        self._on_the_way = 0

    async def turn(self, group: asyncio.TaskGroup) -> None:
        """Order what the week asks for, show who cannot be reached, and start sending what is ordered."""
        if self._clock.monotonic() - self._ordered >= WEEKLY_EVERY_SECONDS:
            self._ordered = self._clock.monotonic()
            await self._show()
            if self._config.weekly:
                await self._order()
        free = AT_ONCE - self._on_the_way
        if free <= 0:
            return
        for trial in await self._store.claim(free):
            self._on_the_way += 1
            group.create_task(self._carry(trial))

    async def _show(self) -> None:
        silent = Counter(reason for _, _, reason in await self._store.unreachable(EVERYWHERE))
        for reason in ("no_contact", "tests_failed"):
            metrics.UNREACHABLE.labels(reason).set(silent[reason])
        scores: dict[Channel, dict[PersonId, float]] = defaultdict(dict)
        for row in await self._store.rows(EVERYWHERE, None, SCORED_MOST):
            if row.score is not None:
                scores[row.channel].setdefault(row.person, row.score)
        for channel, people in scores.items():
            metrics.CHANNEL_SCORE.labels(channel).set(sum(people.values()) / len(people))

    async def _order(self) -> None:
        wanted = due(await self._store.contacts(), self._clock.now(), self._config)
        for person, channel in wanted[:WEEKLY_MOST]:
            try:
                await self._store.ask(person, [channel], BY)
            except Rejected as rejected:  # the contact went away meanwhile
                log.info("test.not_ordered", person=person, channel=channel, reason=rejected.reason)

    async def _carry(self, trial: Trial) -> None:
        try:
            await self._send(trial)
        except Exception:  # it comes back by itself; notices go on
            log.exception("test.stuck", test=trial.id, channel=trial.channel)
        finally:
            self._on_the_way -= 1

    async def _send(self, trial: Trial) -> None:
        if not self._providers.offers(trial.channel):
            await self._failed(trial, "channel_not_offered", "")
            return
        if not trial.address:
            await self._failed(trial, "no_address", "")
            return
        wanted = Wanted(
            name=trial.id,
            channel=trial.channel,
            address=trial.address,
            person=trial.person,
            urgency=URGENCY,
            since=trial.asked,
        )
        choices = self._providers.choose(wanted)
        if not choices:
            await self._failed(trial, "provider_down", "")
            return
        adapter = choices[0]
        ask = self._providers.ask(wanted, [adapter])
        if ask is not None:
            (admission,) = await self._providers.admit([ask])
            if admission.until is not None:
                return
        token = self._token()
        await self._store.name_token(trial.id, sha256(token.encode()).digest())
        link = f"{self._link_base}/test/{token}" if self._link_base else ""
        match await self._providers.send(adapter, write(trial, link), LIMIT_SECONDS):
            case Sent(provider_id=provider_id):
                metrics.CHANNEL_TESTS.labels(trial.channel, "sent").inc()
                await self._store.sent(trial.id, provider=adapter.provider, provider_id=provider_id)
            case RefusedBy(reason=reason):
                await self._failed(trial, f"refused: {reason}", adapter.provider)
            case Unknown(reason=reason):
                await self._failed(trial, f"unknown: {reason}", adapter.provider)

    async def _failed(self, trial: Trial, reason: str, provider: str) -> None:
        metrics.CHANNEL_TESTS.labels(trial.channel, "failed").inc()
        log.warning(
            "test.failed", person=trial.person, channel=trial.channel, provider=provider, reason=reason
        )
        await self._store.failed(trial.id, reason, provider)
