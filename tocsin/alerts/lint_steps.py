"""Steps of a policy that nothing reaches: timers that end after the clock, clocks that nothing stops.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tocsin.alerts.lint_model import Finding, Level
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.grids import TIERS, Tier
from tocsin.core.incidents import Mode


def steps(policy: ResponsePolicy, where: str) -> Iterator[Finding]:
    """Look at the values that hold in one case; `where` names the rules that made it."""
    yield from _stand_by(policy, where)
    for tier in TIERS:
        yield from _timers(policy, tier, where)
        if not policy.stops[tier]:
            yield Finding(
                level=Level.ERROR,
                code="nothing_stops",
                where=f"stops.{tier}{where}",
                sentence=f"no proof stops the clock of the {tier}: it would always be missed; name at least `operator`",
            )


def time_of(policy: ResponsePolicy, tier: Tier) -> timedelta:
    """Give the longest time that a tier can have from its call to its deadline."""
    place = TIERS.index(tier)
    if place == 0 or any(mode is Mode.PARALLEL for mode in policy.modes.values()):
        return policy.windows[tier]
    return policy.windows[tier] - policy.windows[TIERS[place - 1]]


def said(span: timedelta) -> str:
    """Write a duration as a policy does."""
    seconds = span.total_seconds()
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _timers(policy: ResponsePolicy, tier: Tier, where: str) -> Iterator[Finding]:
    time, soft = time_of(policy, tier), policy.soft
    if soft.accepted >= time:
        yield Finding(
            level=Level.ERROR,
            code="accepted_after_window",
            where=f"soft.accepted{where}",
            sentence=f"the {tier} has {said(time)}, and the next person is called after {said(soft.accepted)}: "
            "nobody but the first is ever called; write a shorter time",
        )
    if soft.seen >= time and len(policy.channels[tier]) > 1:
        yield Finding(
            level=Level.ERROR,
            code="seen_after_window",
            where=f"soft.seen{where}",
            sentence=f"the {tier} has {said(time)}, and the next channel is tried after {said(soft.seen)}: "
            "nobody is ever tried on a second one; write a shorter time",
        )


def _stand_by(policy: ResponsePolicy, where: str) -> Iterator[Finding]:
    if Mode.STAGGERED not in policy.modes.values():
        return
    if policy.stand_by_at >= 1.0:
        yield Finding(
            level=Level.ERROR,
            code="stand_by_after_due",
            where=f"stand_by_at{where}",
            sentence="the next tier is warned when it is called already: write a part below 1, like 0.6",
        )
    if policy.stand_by_at <= 0.0:
        yield Finding(
            level=Level.WARNING,
            code="stand_by_at_once",
            where=f"stand_by_at{where}",
            sentence="the next tier is warned the moment the one below is called: write `parallel`, or a part above 0",
        )
