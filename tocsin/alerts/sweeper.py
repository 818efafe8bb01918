"""Tells people of sweeps: a chore of the relay, within the same budgets and behind every notice.

Looks for who answers for each grid, orders one call a person and the reminder, and sends what is ordered. Any
number of relays may do it; what may have gone out is never sent again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Final

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.ports import AlertsStore, Answer, ChannelAdapter, RefusedBy, Sent, Unknown
from tocsin.alerts.providers import Providers, Wanted
from tocsin.alerts.sweep import SweepCall, SweepCalls, responsible, write
from tocsin.core.clock import Clock
from tocsin.core.ids import GridCode, PersonId

log = structlog.get_logger()

AT_ONCE: Final = 10
"""Calls on the way at one time: the rest of the places belongs to notices."""
LOOKED_MOST: Final = 500
"""Grids looked after in one turn: 32,000 take about a minute."""
URGENCY: Final = 7
"""Behind all that concerns an incident, before tests of channels."""
LIMIT_SECONDS: Final = 35.0
BUSY_RETRY: Final = timedelta(seconds=5)
DOWN_RETRY: Final = timedelta(seconds=30)


class Sweeper:
    """Look, order, send; one for each relay."""

    def __init__(
        self, store: SweepCalls, alerts: AlertsStore, providers: Providers, *, clock: Clock, link_base: str
    ) -> None:
        self._store = store
        self._alerts = alerts
        self._providers = providers
        self._clock = clock
        self._link_base = link_base.rstrip("/")
        self._on_the_way = 0

    async def turn(self, group: asyncio.TaskGroup) -> None:
        """Do what is due now, and start sending in `group` what fits."""
        await self._look()
        await self._store.remind()
        lost = await self._store.settle_lost()
        if lost:
            metrics.SWEEP_CALLS.labels("lost").inc(lost)
            log.warning("sweep.calls_lost", count=lost)
        free = AT_ONCE - self._on_the_way
        if free <= 0:
            return
        for call in await self._store.claim(free):
            self._on_the_way += 1
            group.create_task(self._carry(call))

    async def _look(self) -> None:
        wanted = await self._store.unlooked(LOOKED_MOST)
        if not wanted:
            return
        asking: dict[GridCode, list[str]] = defaultdict(list)
        for sweep, grid in wanted:
            asking[grid].append(sweep)
        async with self._alerts.unit() as unit:
            directories = await unit.directories(list(asking))
        found: dict[tuple[str, GridCode], PersonId | None] = {
            (sweep, grid): responsible(directories[grid])
            for grid, sweeps in asking.items()
            for sweep in sweeps
        }
        await self._store.assign(found)

    async def _carry(self, call: SweepCall) -> None:
        try:
            await self._send(call)
        except Exception:  # it comes back by itself, or is unknown; notices go on
            log.exception("sweep.call_stuck", call=call.id, sweep=call.sweep, channel=call.channel)
        finally:
            self._on_the_way -= 1

    async def _send(self, call: SweepCall) -> None:
        if call.channel is None or not call.address or not self._providers.offers(call.channel):
            reason = "no_channel" if call.channel is None else "channel_not_offered"
            await self._refused(call, reason, "")
            return
        wanted = Wanted(
            name=call.id,
            channel=call.channel,
            address=call.address,
            person=call.person,
            urgency=URGENCY,
            since=call.made,
        )
        choices = self._providers.choose(wanted)
        if not choices:
            await self._store.postpone(call, self._clock.now() + DOWN_RETRY)
            return
        adapter = choices[0]
        ask = self._providers.ask(wanted, [adapter])
        if ask is not None:
            (admission,) = await self._providers.admit([ask])
            if admission.until is not None:
                await self._store.postpone(call, max(admission.until, self._clock.now() + BUSY_RETRY))
                return
        if await self._store.begin(call):
            link = f"{self._link_base}/sweeps/{call.sweep}" if self._link_base else ""
            await self._judge(
                call, adapter, await self._providers.send(adapter, write(call, link), LIMIT_SECONDS)
            )

    async def _judge(self, call: SweepCall, adapter: ChannelAdapter, answer: Answer) -> None:
        match answer:
            case Sent(provider_id=provider_id):
                metrics.SWEEP_CALLS.labels("sent").inc()
                await self._store.sent(call, provider=adapter.provider, provider_id=provider_id)
            case Unknown(reason=reason):
                metrics.SWEEP_CALLS.labels("unknown").inc()
                log.warning(
                    "sweep.call_unknown",
                    call=call.id,
                    person=call.person,
                    channel=call.channel,
                    reason=reason,
                )
                await self._store.unknown(call, reason, provider=adapter.provider)
            case RefusedBy(reason=reason):
                await self._refused(call, reason, adapter.provider)

    async def _refused(self, call: SweepCall, reason: str, provider: str) -> None:
        metrics.SWEEP_CALLS.labels("refused").inc()
        log.warning(
            "sweep.call_refused",
            call=call.id,
            sweep=call.sweep,
            person=call.person,
            channel=call.channel,
            provider=provider,
            reason=reason,
        )
        await self._store.refused(call, reason, provider=provider)
