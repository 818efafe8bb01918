"""Whether a provider works, judged by what became of sendings and of probes: pure.

Silence, and a refusal that any other message would meet too, count against a provider; being told to
wait does not, and a refused address says that the provider is there.  After `FAILURES` in a row it is
down: it gets one probe, or one trial message, each `TRIAL_EVERY`, until one is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

from tocsin.alerts.ports import Answer, RefusedBy, Sent, Unknown
from tocsin.core.responders import Channel

FAILURES: Final = 3
"""Sendings in a row that were not taken; one more than the unluckiest retry of a healthy provider."""
TRIAL_EVERY: Final = timedelta(seconds=15)
TOLD_TO_WAIT: Final = timedelta(seconds=10)
"""A refusal with a longer pause is the provider's own budget, not its failure."""
RENEW_EVERY: Final = timedelta(seconds=30)
"""How often a success of a provider that is well is written down."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one provider of one channel is."""

    channel: Channel
    provider: str
    up: bool = True
    since: datetime
    failures: int = 0
    last_ok: datetime | None = None
    probed: datetime | None = None
    """When it was last tried while it was down."""
    reason: str = ""
    """What it said last when it took nothing."""
    offered: datetime | None = None
    """When a relay last said that it has this provider."""


def fault(answer: Answer) -> str | None:
    """Say what an answer holds against its provider; None when it is there and works."""
    match answer:
        case Sent():
            return None
        case RefusedBy(reason=reason, retry_after=pause, by_account=True):
            told_to_wait = pause is not None and pause >= TOLD_TO_WAIT
            return None if told_to_wait else reason
        case RefusedBy():
            return None
        case Unknown(reason=reason):
            return reason
        case _:
            assert_never(answer)


def after(health: Health, answer: Answer, now: datetime) -> Health:
    """Give the health after one answer; the same value when nothing is worth writing down."""
    reason = fault(answer)
    if reason is not None:
        failures = health.failures + 1
        up = health.up and failures < FAILURES
        since = now if health.up and not up else health.since
        return replace(health, failures=failures, up=up, since=since, reason=reason)
    if not isinstance(answer, Sent) and health.failures == 0:
        return health
    fresh = health.last_ok is not None and now - health.last_ok < RENEW_EVERY
    if health.up and health.failures == 0 and fresh:
        return health
    since = health.since if health.up else now
    return replace(health, up=True, since=since, failures=0, last_ok=now, reason="")


def trial_due(health: Health, now: datetime) -> bool:
    """Say whether a provider that is down may be tried."""
    return not health.up and (health.probed is None or now - health.probed >= TRIAL_EVERY)


def working(providers: Sequence[T], healths: Mapping[T, Health]) -> tuple[T, ...]:
    """Give the providers that are up in order of preference; one without a health is taken to be well."""
    return tuple(one for one in providers if (known := healths.get(one)) is None or known.up)
