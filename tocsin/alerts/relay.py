"""Sends notices: leases them from the outbox, keeps to every budget, names every end.

At least once, never after a notice has expired, each within its adapter's time limit and its lease.  A
provider that hangs or refuses takes no more than its own places; what it refuses for all goes to the next
one of the channel at once, and what it may have already stays with it or goes to another channel.  What
was sent, failed or expired is recorded in the incident, in batches; a failure is recorded before the notice
is given up, so that the next channel is called even when this process dies between the two.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.circuit import TRIAL_EVERY
from tocsin.alerts.commands import SettleNotice
from tocsin.alerts.config import RelayConfig
from tocsin.alerts.model import Notice
from tocsin.alerts.notices import write
from tocsin.alerts.ports import (
    GONE,
    OUTAGE,
    Answer,
    ChannelAdapter,
    ClaimedNotice,
    NoticeStore,
    RefusedBy,
    Sent,
    Unknown,
)
from tocsin.alerts.providers import Providers, Wanted
from tocsin.alerts.reach_ports import ReplyStore
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.replies import answerable, hint
from tocsin.alerts.throttle import Ask
from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.incidents import Outcome
from tocsin.core.responders import Channel
from tocsin.core.watch import Alive, unwatched

log = structlog.get_logger()

EXPIRE_MOST: Final = 500
CHORES_EVERY_SECONDS: Final = 1.0
BUSY_RETRY: Final = timedelta(seconds=0.5)
OTHERS_AT_WORK_SECONDS: Final = 0.02
LEASE_MARGIN_SECONDS: Final = 5.0
BACK_OFF_SECONDS: Final = (0.1, 5.0)
FAILS_OVER: Final = frozenset({"call", "look", "unanswered", "help", "nobody_there"})
"""Templates behind which the next channel or person is called: they wait for no provider that is down."""

Chore = Callable[[asyncio.TaskGroup], Awaitable[None]]
"""Something else that is looked after once a second; what it starts, it starts in the group."""


class Relay:
    """Send notices until told to stop; any number of relays may run."""

    def __init__(
        self,
        notices: NoticeStore,
        recorder: Recorder,
        providers: Providers,
        *,
        config: RelayConfig,
        clock: Clock,
        name: str,
        wait: Callable[[float], Awaitable[None]],
        replies: ReplyStore | None = None,
        chores: Sequence[Chore] = (),
        alive: Alive = unwatched,
        link_of: Callable[[ClaimedNotice], str] | None = None,
    ) -> None:
        """`name` is unique per process; `wait` returns when incidents were written or after its seconds.

        Without `replies` nobody is told how to answer by SMS. `link_of` gives the one-tap link of a notice, or
        nothing where it gets the plain address of its incident.
        """
        self._notices = notices
        self._recorder = recorder
        self._providers = providers
        self._config = config
        self._clock = clock
        self._name = name
        self._wait = wait
        self._replies = replies
        self._alive = alive
        self._link_of = link_of
        self._chores: tuple[Chore, ...] = (self._expire, *chores)
        self._busy: Counter[Channel] = Counter()
        self._in_flight = 0
        self._slot = asyncio.Event()
        self._skew = timedelta()
        self._looked_after = -CHORES_EVERY_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then end what is on its way: at most one time limit of a channel later."""
        async with asyncio.TaskGroup() as keeping:
            recording = keeping.create_task(self._recorder.run())
            async with asyncio.TaskGroup() as sending:
                await self._loop(stop, sending)
            await self._recorder.finish()
            await recording

    async def _loop(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        delay = BACK_OFF_SECONDS[0]
        while not stop.is_set():
            try:
                took = await self.turn(group)
                self._alive()
                await self._sleep(took)
                delay = BACK_OFF_SECONDS[0]
            except Exception as error:  # noqa: BLE001 a relay that stops is worse than any fault: try again
                metrics.RELAY_FAILURES.inc()
                log.warning("relay.failed", reason=str(error), kind=type(error).__name__, again_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, BACK_OFF_SECONDS[1])

    async def turn(self, group: asyncio.TaskGroup) -> int:
        """Look after what is due, lease what fits and start sending it; gives how many were leased."""
        await self._providers.refresh(group)
        if self._clock.monotonic() - self._looked_after >= CHORES_EVERY_SECONDS:
            self._looked_after = self._clock.monotonic()
            for chore in self._chores:
                await self._do(chore, group)
        free = self._config.concurrency - self._in_flight
        if free <= 0:
            return 0
        claimed = await self._notices.claim(self._name, free, timedelta(seconds=self._config.lease_seconds))
        await self._begin(claimed, group)
        return len(claimed)

    async def _do(self, chore: Chore, group: asyncio.TaskGroup) -> None:
        try:
            await chore(group)
        except Exception as error:  # noqa: BLE001 whatever else is ill, notices are sent
            metrics.RELAY_FAILURES.inc()
            log.warning("relay.chore_failed", reason=str(error), kind=type(error).__name__)

    async def _begin(self, claimed: Sequence[ClaimedNotice], group: asyncio.TaskGroup) -> None:
        """Start what needs no budget at once, and the rest of the batch as its budgets say."""
        now = self._now()
        places = Counter(self._busy)
        waiting: list[tuple[ClaimedNotice, tuple[ChannelAdapter, ...], Ask]] = []
        for one in claimed:
            channel, wanted = one.notice.channel, _wanted(one)
            impossible = self._impossible(one, now)
            if impossible is not None:
                self._start(group, one, impossible)
                continue
            choices = self._providers.choose(wanted)
            ask = self._providers.ask(wanted, choices)
            if ask is None:
                self._start(group, one, self._deliver(one, choices))
            elif places[channel] >= self._config.channel_concurrency:
                self._start(group, one, self._postpone(one, now + BUSY_RETRY, "busy", tried=False))
            else:
                places[channel] += 1
                waiting.append((one, choices, ask))
        await self._admit(waiting, group, now)

    async def _admit(
        self,
        waiting: Sequence[tuple[ClaimedNotice, tuple[ChannelAdapter, ...], Ask]],
        group: asyncio.TaskGroup,
        now: datetime,
    ) -> None:
        try:
            admissions = await self._providers.admit([ask for _, _, ask in waiting])
        except Transient as error:
            log.warning("relay.chore_failed", reason=str(error), kind=type(error).__name__)
            for one, _, _ in waiting:
                self._start(group, one, self._postpone(one, now + BUSY_RETRY, "busy", tried=False))
            return
        for (one, choices, _), admission in zip(waiting, admissions, strict=True):
            if admission.until is None:
                ordered = sorted(choices, key=lambda adapter, it=admission: adapter.provider != it.provider)  # type: ignore[misc]  # the default binds the loop's value
                self._start(group, one, self._deliver(one, tuple(ordered)))
            else:
                self._start(group, one, self._later(one, admission.until, "throttled", tried=False))

    def _impossible(self, claimed: ClaimedNotice, now: datetime) -> Coroutine[Any, Any, None] | None:
        """Give how a notice ends that cannot be sent at all; None for one that can."""
        if now >= claimed.notice.expires:
            return self._end(claimed, Outcome.EXPIRED, "not_sent_in_time")
        if not self._providers.offers(claimed.notice.channel):
            return self._end(claimed, Outcome.FAILED, "channel_not_offered")
        if not claimed.address:
            return self._end(claimed, Outcome.FAILED, "no_address")
        return None

    def _start(
        self, group: asyncio.TaskGroup, claimed: ClaimedNotice, work: Coroutine[Any, Any, None]
    ) -> None:
        self._in_flight += 1
        metrics.RELAY_IN_FLIGHT.set(self._in_flight)
        group.create_task(self._carry(claimed, work))

    async def _sleep(self, took: int) -> None:
        if self._in_flight >= self._config.concurrency:
            self._slot.clear()
            await _until(self._slot, self._config.wait_seconds_max)
            return
        if took:
            return
        found = await self._notices.next_send()
        seconds = self._config.wait_seconds_max
        if found is not None:
            now, ready = found
            self._skew = now - self._clock.now()
            seconds = min(max((ready - now).total_seconds(), OTHERS_AT_WORK_SECONDS), seconds)
        await self._wait(seconds)

    async def _expire(self, _group: asyncio.TaskGroup) -> None:
        expired = await self._notices.expire(EXPIRE_MOST)
        if not expired:
            return
        log.warning(
            "notices.expired", count=len(expired), channels=sorted({one.channel.value for one in expired})
        )
        for notice in expired:
            metrics.NOTICES.labels(notice.channel, Outcome.EXPIRED).inc()
            late = self._now() - notice.expires >= OUTAGE
            why = "outage" if late else "not_sent_in_time"
            await self._recorder.put(_settled(notice, Outcome.EXPIRED, why))

    async def _carry(self, claimed: ClaimedNotice, work: Coroutine[Any, Any, None]) -> None:
        """Bring one notice to its end or give it back; frees its place whatever happens."""
        try:
            await work
        except Exception:  # the lease runs out and it is tried again; others go on
            log.exception("notice.stuck", notice=claimed.notice.id)
        finally:
            self._in_flight -= 1
            metrics.RELAY_IN_FLIGHT.set(self._in_flight)
            self._slot.set()

    async def _deliver(self, claimed: ClaimedNotice, choices: Sequence[ChannelAdapter]) -> None:
        channel = claimed.notice.channel
        if not choices:
            await self._nobody(claimed)
            return
        if self._busy[channel] >= self._config.channel_concurrency:
            await self._postpone(claimed, self._now() + BUSY_RETRY, "busy", tried=False)
            return
        self._busy[channel] += 1
        try:
            adapter, answer = await self._try(claimed, choices)
        finally:
            self._busy[channel] -= 1
        await self._judge(claimed, adapter, answer)

    async def _try(
        self, claimed: ClaimedNotice, choices: Sequence[ChannelAdapter]
    ) -> tuple[ChannelAdapter, Answer]:
        """Send by the first provider; what it refuses for everybody goes to the next one at once."""
        first, *others = choices
        until = self._clock.monotonic() + self._config.lease_seconds - LEASE_MARGIN_SECONDS
        tried, answer = first, await self._send(first, claimed, until)
        for adapter in others:
            passed_on = isinstance(answer, RefusedBy) and (answer.by_account or answer.elsewhere)
            if not passed_on or not await self._also_admits(adapter, claimed):
                break
            tried, answer = adapter, await self._send(adapter, claimed, until)
        return tried, answer

    async def _also_admits(self, adapter: ChannelAdapter, claimed: ClaimedNotice) -> bool:
        ask = self._providers.ask(_wanted(claimed), [adapter])
        if ask is None:
            return True
        (admission,) = await self._providers.admit([ask])
        return admission.until is None

    async def _nobody(self, claimed: ClaimedNotice) -> None:
        """Call the next channel at once when all providers are down; what can wait, waits for one."""
        if claimed.notice.template in FAILS_OVER:
            await self._end(claimed, Outcome.FAILED, "provider_down")
        else:
            await self._later(claimed, self._now() + TRIAL_EVERY, "provider_down", tried=False)

    async def _send(self, adapter: ChannelAdapter, claimed: ClaimedNotice, until: float) -> Answer:
        """Send to the person's address, and to their other browsers; the best answer counts."""
        message = write(claimed, self._now(), link=self._link(claimed), reply=await self._hint(claimed))
        best: Answer | None = None
        for address in (claimed.address, *claimed.others):
            left = max(until - self._clock.monotonic(), 0.0)
            answer = await self._providers.send(adapter, replace(message, address=address), left)
            if isinstance(answer, RefusedBy) and answer.reason == GONE:
                await self._notices.forget(claimed.notice.channel, address)
            if best is None or _better(answer, best):
                best = answer
        assert best is not None  # noqa: S101 there is one address at least
        return best

    async def _hint(self, claimed: ClaimedNotice) -> str:
        notice = claimed.notice
        if self._replies is None or notice.person is None or not answerable(notice):
            return ""
        code = None
        if notice.channel is Channel.SMS:
            code = await self._replies.code(notice.person, notice.incident, notice.expires)
        return hint(notice, code, english=claimed.language == "en")

    async def _judge(self, claimed: ClaimedNotice, adapter: ChannelAdapter, answer: Answer) -> None:
        now, provider = self._now(), adapter.provider
        match answer:
            case Sent(provider_id=provider_id):
                delay = (now - claimed.notice.not_before).total_seconds()
                metrics.NOTICE_DELAY.labels(claimed.notice.channel).observe(max(delay, 0.0))
                await self._end(claimed, Outcome.SENT, "", provider_id=provider_id, provider=provider)
            case RefusedBy(reason=reason, retry_after=None):
                await self._end(claimed, Outcome.FAILED, "refused", detail=reason, provider=provider)
            case RefusedBy(reason=reason):
                pause = answer.retry_after or timedelta()
                await self._later(claimed, now + pause, "refused", detail=reason)
            case Unknown(reason=reason) if adapter.idempotent:
                pause = timedelta(seconds=self._config.retry_seconds * 2 ** (claimed.attempt - 1))
                await self._later(claimed, now + pause, "unknown", detail=reason, provider=provider)
            case Unknown(reason=reason):
                # It may have gone out: this provider would tell them twice, another channel tells them surely.
                await self._end(claimed, Outcome.FAILED, "unknown", detail=reason, provider=provider)
            case _:
                assert_never(answer)

    async def _later(
        self,
        claimed: ClaimedNotice,
        until: datetime,
        reason_code: str,
        *,
        detail: str = "",
        tried: bool = True,
        provider: str = "",
    ) -> None:
        """Try again at an instant, unless that is too late or it was the last try."""
        last = tried and claimed.attempt >= self._config.attempts
        if last or until >= claimed.notice.expires:
            await self._end(claimed, Outcome.FAILED, reason_code, detail=detail, provider=provider)
        else:
            await self._postpone(claimed, until, reason_code, detail=detail, tried=tried, provider=provider)

    async def _postpone(
        self,
        claimed: ClaimedNotice,
        until: datetime,
        reason_code: str,
        *,
        detail: str = "",
        tried: bool,
        provider: str = "",
    ) -> None:
        notice = claimed.notice
        metrics.NOTICES_POSTPONED.labels(notice.channel, reason_code).inc()
        if tried:
            log.info(
                "notice.retried",
                notice=notice.id,
                channel=notice.channel,
                reason=reason_code,
                detail=detail,
                attempt=claimed.attempt,
            )
        reason = f"{reason_code}: {detail}" if detail else reason_code
        await self._notices.postpone(notice.id, self._name, until, reason, tried=tried, provider=provider)

    async def _end(
        self,
        claimed: ClaimedNotice,
        outcome: Outcome,
        reason_code: str,
        *,
        detail: str = "",
        provider_id: str = "",
        provider: str = "",
    ) -> None:
        notice = claimed.notice
        item = _settled(notice, outcome, reason_code)
        if outcome is Outcome.FAILED:
            log.warning(
                "notice.failed",
                notice=notice.id,
                incident=notice.incident,
                channel=notice.channel,
                reason=reason_code,
                detail=detail,
                attempts=claimed.attempt,
            )
            await self._recorder.record(item)
        reason = f"{reason_code}: {detail}" if detail else reason_code
        ours = await self._notices.settle(
            notice.id, self._name, outcome, reason=reason, provider_id=provider_id, provider=provider
        )
        metrics.NOTICES.labels(notice.channel, outcome).inc()
        if not ours:
            log.warning("notice.lease_lost", notice=notice.id, outcome=outcome.value)
        if outcome is not Outcome.FAILED and (ours or outcome is Outcome.SENT):
            await self._recorder.put(item)

    def _now(self) -> datetime:
        """Tell the database's time, as well as this machine's clock and the last answer allow."""
        return self._clock.now() + self._skew

    def _link(self, claimed: ClaimedNotice) -> str:
        own = self._link_of(claimed) if self._link_of is not None else ""
        if own:
            return own
        base = self._config.link_base.rstrip("/")
        return f"{base}/incidents/{claimed.notice.incident}" if base and claimed.notice.person else ""


def _wanted(claimed: ClaimedNotice) -> Wanted:
    notice = claimed.notice
    return Wanted(
        name=notice.id,
        channel=notice.channel,
        address=claimed.address,
        person=notice.person,
        urgency=notice.priority,
        since=notice.not_before,
        kept_by=claimed.provider,
    )


def _better(one: Answer, other: Answer) -> bool:
    """Say which answer of two browsers tells more: taken, then silent, then to be tried again, then no."""

    def worth(answer: Answer) -> int:
        match answer:
            case Sent():
                return 3
            case Unknown():
                return 2
            case RefusedBy(retry_after=pause):
                return 0 if pause is None else 1

    return worth(one) > worth(other)


def _settled(notice: Notice, outcome: Outcome, reason_code: str) -> tuple[Notice, SettleNotice]:
    command = SettleNotice(
        notice=notice.id,
        person=notice.person,
        channel=notice.channel,
        outcome=outcome,
        reason_code=reason_code,
    )
    return notice, command


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
