"""The providers of every channel: whom to ask now, within what budgets, and what each answer says of them.

Providers that are up come in the order of the settings; one that is down is asked by a probe, or by one
message at a time.  A message that a provider may have already stays with it.  Health and budgets are
shared with other relays through the store; an address enters a key as a keyed hash only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.circuit import Health, after, trial_due, working
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Unknown
from tocsin.alerts.reach_ports import ReachStore
from tocsin.alerts.throttle import Admission, Ask, Choice, Rate
from tocsin.core.clock import Clock
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel

log = structlog.get_logger()

REFRESH_SECONDS: Final = 1.0
OFFER_SECONDS: Final = 30.0
BLOCK_FROM: Final = timedelta(seconds=10)
"""A provider that asks for a longer pause than this gets nothing from anybody until it is over."""

Key = tuple[Channel, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One message that looks for a provider."""

    name: str
    channel: Channel
    address: str
    person: PersonId | None
    urgency: int
    since: datetime
    kept_by: str = ""
    """The provider that may have it already; empty when none has."""


class Providers:
    """Choose, admit, send and judge; one for each relay."""

    def __init__(
        self,
        adapters: Mapping[Channel, Sequence[ChannelAdapter]],
        store: ReachStore,
        *,
        clock: Clock,
        person: tuple[Rate, ...],
    ) -> None:
        """`person` is what one person may be told by channels that have a budget, all together."""
        self._adapters = adapters
        self._store = store
        self._clock = clock
        self._person = person
        self._healths: dict[Key, Health] = {}
        self._refreshed = self._offered = float("-inf")
        self._salt = b""
        self._trials: set[Key] = set()
        """Providers that are down, offer no probe, and may be tried with one message by us."""

    async def refresh(self, group: asyncio.TaskGroup) -> None:
        """Learn once a second how the providers are, and probe in `group` those that are down."""
        now = self._clock.monotonic()
        if now - self._refreshed < REFRESH_SECONDS:
            return
        self._salt = self._salt or await self._store.salt()
        if now - self._offered >= OFFER_SECONDS:
            await self._store.offer([_key(one) for one in self._all()])
            self._offered = now
        self._healths = {(one.channel, one.provider): one for one in await self._store.healths()}
        self._refreshed = now
        for adapter in self._all():
            health = self._healths.get(_key(adapter))
            up = health is None or health.up
            metrics.PROVIDER_UP.labels(adapter.channel, adapter.provider).set(up)
            if up:
                self._trials.discard(_key(adapter))
            due = health is not None and trial_due(health, self._clock.now())
            if due and await self._store.try_down(*_key(adapter)):
                group.create_task(self._probe(adapter))

    def offers(self, channel: Channel) -> bool:
        """Say whether anybody serves a channel."""
        return bool(self._adapters.get(channel))

    def choose(self, wanted: Wanted) -> tuple[ChannelAdapter, ...]:
        """Give the providers that may be asked now, the best first; empty when all are down.

        One that is down and may be tried comes first if nothing else is up, or the message is none of the
        first of a place: it takes the trial with it.
        """
        offered = self._adapters.get(wanted.channel, ())
        if wanted.kept_by:
            offered = [one for one in offered if one.provider == wanted.kept_by]
        healths = {one: health for one in offered if (health := self._healths.get(_key(one))) is not None}
        up = working(list(offered), healths)
        if not up or wanted.urgency >= _MAY_WAIT:
            for one in offered:
                if _key(one) in self._trials and one not in up:
                    self._trials.discard(_key(one))
                    return (one, *up)
        return up

    def ask(self, wanted: Wanted, choices: Sequence[ChannelAdapter]) -> Ask | None:
        """Give the question to the budgets; None when no provider of these has any."""
        if not any(one.rates.account or one.rates.address for one in choices):
            return None
        person = f"person:{wanted.person}" if wanted.person is not None else ""
        personal = ((person, self._person),) if person else ()
        return Ask(
            name=wanted.name,
            urgency=wanted.urgency,
            since=wanted.since,
            person=person,
            choices=tuple(
                Choice(one.provider, (*self._keys(one, wanted.address), *personal)) for one in choices
            ),
        )

    async def admit(self, asks: Sequence[Ask]) -> Sequence[Admission]:
        """Let the shared budgets decide; nothing is asked for nothing."""
        return await self._store.admit(asks) if asks else ()

    async def send(self, adapter: ChannelAdapter, message: Message, limit_seconds: float) -> Answer:
        """Send once and judge the provider by its answer; a bug of an adapter is silence."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(limit_seconds):
                answer = await adapter.send(message)
        except TimeoutError:
            answer = Unknown("the adapter kept no time limit")
        except Exception as error:  # a bug of one adapter must not keep its notices from other channels
            log.exception("channel.broken", channel=adapter.channel, provider=adapter.provider)
            answer = Unknown(f"the adapter failed: {type(error).__name__}")
        metrics.NOTICE_SECONDS.labels(adapter.channel).observe(self._clock.monotonic() - began)
        metrics.NOTICE_TRIES.labels(adapter.channel, type(answer).__name__).inc()
        await self._judge(adapter, answer)
        if isinstance(answer, RefusedBy):
            await self._block(adapter, message.address, answer)
        return answer

    async def _judge(self, adapter: ChannelAdapter, answer: Answer) -> None:
        key, now = _key(adapter), self._clock.now()
        before = self._healths.get(key) or Health(channel=key[0], provider=key[1], since=now)
        if after(before, answer, now) is before:
            return
        health = await self._store.judge(*key, answer)
        before = self._healths.get(key, before)  # others of this relay may have been told meanwhile
        self._healths[key] = health
        if before.up and not health.up:
            metrics.PROVIDER_DOWN.labels(*key).inc()
            log.error("provider.down", channel=key[0], provider=key[1], reason=health.reason)
        elif health.up and not before.up:
            log.info("provider.up", channel=key[0], provider=key[1])
        metrics.PROVIDER_UP.labels(*key).set(health.up)

    async def _block(self, adapter: ChannelAdapter, address: str, answer: RefusedBy) -> None:
        pause, rates = answer.retry_after, adapter.rates
        if pause is None or pause < BLOCK_FROM or not (rates.account or rates.address):
            return
        account, *own = (key for key, _ in self._keys(adapter, address))
        await self._store.block(account if answer.by_account else own[0], self._clock.now() + pause)

    async def _probe(self, adapter: ChannelAdapter) -> None:
        try:
            answer = await adapter.probe()
        except Exception as error:  # as for sending
            log.exception("channel.broken", channel=adapter.channel, provider=adapter.provider)
            answer = Unknown(f"the adapter failed: {type(error).__name__}")
        if answer is None:
            self._trials.add(_key(adapter))
        else:
            await self._judge(adapter, answer)

    def _keys(self, adapter: ChannelAdapter, address: str) -> tuple[tuple[str, tuple[Rate, ...]], ...]:
        """Name the budgets of the account and of the address at this provider."""
        rates = adapter.rates
        account = f"account:{adapter.channel}:{adapter.provider}"
        hashed = blake2b(address.encode(), key=self._salt, digest_size=16).hexdigest()
        return (
            (account, tuple(rate.bounded() for rate in rates.account)),
            (f"address:{adapter.channel}:{adapter.provider}:{hashed}", rates.address),
        )

    def _all(self) -> list[ChannelAdapter]:
        return [one for providers in self._adapters.values() for one in providers]


_MAY_WAIT: Final = 4
"""From this urgency on a message may be the trial of a provider that is down while another is up."""


def _key(adapter: ChannelAdapter) -> Key:
    return adapter.channel, adapter.provider
