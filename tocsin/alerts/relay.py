"""Sends notices: leases them from the outbox, keeps to each provider's budget, names every end.

At least once, never after a notice has expired, each within its adapter's time limit and its lease.  A
provider that hangs or refuses takes no more than its own places.  What was sent, failed or expired is
recorded in the incident, in batches; a failure is recorded before the notice is given up, so that the
next channel is called even when this process dies between the two.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.commands import SettleNotice
from tocsin.alerts.config import ChannelsConfig, RelayConfig
from tocsin.alerts.model import Notice
from tocsin.alerts.notices import write
from tocsin.alerts.ports import Answer, ChannelAdapter, ClaimedNotice, NoticeStore, RefusedBy, Sent, Unknown
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.throttle import Rate, Throttle
from tocsin.core.clock import Clock
from tocsin.core.incidents import Outcome
from tocsin.core.responders import Channel

log = structlog.get_logger()

EXPIRE_MOST: Final = 500
EXPIRE_EVERY_SECONDS: Final = 1.0
BUSY_RETRY: Final = timedelta(seconds=0.5)
OTHERS_AT_WORK_SECONDS: Final = 0.02
LEASE_MARGIN_SECONDS: Final = 5.0
BACK_OFF_SECONDS: Final = (0.1, 5.0)
MINUTE: Final = timedelta(minutes=1)


class Relay:
    """Send notices until told to stop; any number of relays may run."""

    def __init__(
        self,
        notices: NoticeStore,
        recorder: Recorder,
        adapters: Mapping[Channel, Sequence[ChannelAdapter]],
        *,
        config: RelayConfig,
        channels: ChannelsConfig,
        clock: Clock,
        name: str,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        """`name` is unique per process; `wait` returns when incidents were written or after its seconds."""
        self._notices = notices
        self._recorder = recorder
        self._adapters = adapters
        self._config = config
        self._rates = rates(channels)
        self._clock = clock
        self._name = name
        self._wait = wait
        self._throttle = Throttle()
        self._busy: Counter[Channel] = Counter()
        self._in_flight = 0
        self._slot = asyncio.Event()
        self._skew = timedelta()
        self._expired_at = -EXPIRE_EVERY_SECONDS

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
                await self._sleep(took)
                delay = BACK_OFF_SECONDS[0]
            except Exception as error:  # noqa: BLE001 a relay that stops is worse than any fault: try again
                metrics.RELAY_FAILURES.inc()
                log.warning("relay.failed", reason=str(error), kind=type(error).__name__, again_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, BACK_OFF_SECONDS[1])

    async def turn(self, group: asyncio.TaskGroup) -> int:
        """Expire what is over, lease what fits and start sending it; gives how many were leased."""
        if self._clock.monotonic() - self._expired_at >= EXPIRE_EVERY_SECONDS:
            self._expired_at = self._clock.monotonic()
            await self._expire()
        free = self._config.concurrency - self._in_flight
        if free <= 0:
            return 0
        claimed = await self._notices.claim(self._name, free, timedelta(seconds=self._config.lease_seconds))
        for one in claimed:
            self._in_flight += 1
            metrics.RELAY_IN_FLIGHT.set(self._in_flight)
            group.create_task(self._carry(one))
        return len(claimed)

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

    async def _expire(self) -> None:
        expired = await self._notices.expire(EXPIRE_MOST)
        if not expired:
            return
        log.warning(
            "notices.expired", count=len(expired), channels=sorted({one.channel.value for one in expired})
        )
        for notice in expired:
            metrics.NOTICES.labels(notice.channel, Outcome.EXPIRED).inc()
            await self._recorder.put(_settled(notice, Outcome.EXPIRED, "not_sent_in_time"))

    async def _carry(self, claimed: ClaimedNotice) -> None:
        """Bring one notice to its end or give it back; frees its place whatever happens."""
        try:
            await self._deliver(claimed)
        except Exception:  # the lease runs out and it is tried again; others go on
            log.exception("notice.stuck", notice=claimed.notice.id)
        finally:
            self._in_flight -= 1
            metrics.RELAY_IN_FLIGHT.set(self._in_flight)
            self._slot.set()

    async def _deliver(self, claimed: ClaimedNotice) -> None:
        notice, now = claimed.notice, self._now()
        adapter = next(iter(self._adapters.get(notice.channel, ())), None)
        if now >= notice.expires:
            await self._end(claimed, Outcome.EXPIRED, "not_sent_in_time")
        elif adapter is None:
            await self._end(claimed, Outcome.FAILED, "channel_not_offered")
        elif not claimed.address:
            await self._end(claimed, Outcome.FAILED, "no_address")
        elif self._busy[notice.channel] >= self._config.channel_concurrency:
            await self._postpone(claimed, now + BUSY_RETRY, "busy", tried=False)
        elif (free := self._throttle.admit(self._budget(claimed), now)) is not None:
            await self._later(claimed, free, "throttled", tried=False)
        else:
            await self._judge(claimed, await self._send(adapter, claimed, now))

    async def _send(self, adapter: ChannelAdapter, claimed: ClaimedNotice, now: datetime) -> Answer:
        channel = claimed.notice.channel
        message = write(claimed, now, link=self._link(claimed))
        began = self._clock.monotonic()
        self._busy[channel] += 1
        try:
            async with asyncio.timeout(self._config.lease_seconds - LEASE_MARGIN_SECONDS):
                answer = await adapter.send(message)
        except TimeoutError:
            answer = Unknown("the adapter kept no time limit")
        except Exception as error:  # a bug of one adapter must not keep its notices from other channels
            log.exception("channel.broken", channel=channel)
            answer = Unknown(f"the adapter failed: {type(error).__name__}")
        finally:
            self._busy[channel] -= 1
        metrics.NOTICE_SECONDS.labels(channel).observe(self._clock.monotonic() - began)
        metrics.NOTICE_TRIES.labels(channel, type(answer).__name__).inc()
        return answer

    async def _judge(self, claimed: ClaimedNotice, answer: Answer) -> None:
        now = self._now()
        match answer:
            case Sent(provider_id=provider_id):
                delay = (now - claimed.notice.not_before).total_seconds()
                metrics.NOTICE_DELAY.labels(claimed.notice.channel).observe(max(delay, 0.0))
                await self._end(claimed, Outcome.SENT, "", provider_id=provider_id)
            case RefusedBy(reason=reason, retry_after=None):
                await self._end(claimed, Outcome.FAILED, "refused", detail=reason)
            case RefusedBy(reason=reason):
                pause = answer.retry_after or timedelta()
                if pause >= MINUTE:
                    self._throttle.block(self._key(claimed), now + pause)
                await self._later(claimed, now + pause, "refused", detail=reason)
            case Unknown(reason=reason):
                pause = timedelta(seconds=self._config.retry_seconds * 2 ** (claimed.attempt - 1))
                await self._later(claimed, now + pause, "unknown", detail=reason)
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
    ) -> None:
        """Try again at an instant, unless that is too late or it was the last try."""
        last = tried and claimed.attempt >= self._config.attempts
        if last or until >= claimed.notice.expires:
            await self._end(claimed, Outcome.FAILED, reason_code, detail=detail)
        else:
            await self._postpone(claimed, until, reason_code, detail=detail, tried=tried)

    async def _postpone(
        self, claimed: ClaimedNotice, until: datetime, reason_code: str, *, detail: str = "", tried: bool
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
        await self._notices.postpone(notice.id, self._name, until, reason, tried=tried)

    async def _end(
        self,
        claimed: ClaimedNotice,
        outcome: Outcome,
        reason_code: str,
        *,
        detail: str = "",
        provider_id: str = "",
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
            notice.id, self._name, outcome, reason=reason, provider_id=provider_id
        )
        metrics.NOTICES.labels(notice.channel, outcome).inc()
        if not ours:
            log.warning("notice.lease_lost", notice=notice.id, outcome=outcome.value)
        if outcome is not Outcome.FAILED and (ours or outcome is Outcome.SENT):
            await self._recorder.put(item)

    def _now(self) -> datetime:
        """Tell the database's time, as well as this machine's clock and the last answer allow."""
        return self._clock.now() + self._skew

    def _key(self, claimed: ClaimedNotice) -> tuple[Channel, str]:
        return claimed.notice.channel, claimed.address

    def _budget(self, claimed: ClaimedNotice) -> list[tuple[tuple[Channel, str], tuple[Rate, ...]]]:
        return [(self._key(claimed), self._rates.get(claimed.notice.channel, ()))]

    def _link(self, claimed: ClaimedNotice) -> str:
        base = self._config.link_base.rstrip("/")
        return f"{base}/incidents/{claimed.notice.incident}" if base and claimed.notice.person else ""


def rates(channels: ChannelsConfig) -> dict[Channel, tuple[Rate, ...]]:
    """Give the budget of one address of each configured channel."""
    configured = {
        Channel.WEBHOOK: channels.webhook,
        Channel.WECOM_BOT: channels.wecom_bot,
        Channel.SMTP: channels.smtp,
        Channel.MQTT: channels.siren,
    }
    return {name: (Rate(one.per_minute, MINUTE),) for name, one in configured.items() if one is not None}


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
