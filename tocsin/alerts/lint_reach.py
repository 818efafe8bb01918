"""People whom a policy cannot reach: no channel, no budget, nobody on duty.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil, inf

from tocsin.alerts.lint_model import Around, Finding, Level
from tocsin.alerts.lint_steps import said, time_of
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.policy_rules import LOCAL
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel


def channels(policy: ResponsePolicy, around: Around, where: str) -> Iterator[Finding]:
    """Find a plan of which the centre has nothing, and channels that it lacks though people have addresses there.

    A plan is an order of preference: what nobody uses may stand in it and be missing.
    """
    if around.budgets is None:
        return
    for tier in TIERS:
        plan = policy.channels[tier]
        used = {channel for theirs in _plans(policy, tier, around).values() for channel in theirs}
        missing = [channel for channel in plan if channel not in around.budgets]
        wanted = [channel for channel in missing if channel in used]
        if not [channel for channel in plan if channel not in missing and channel is not Channel.LOG]:
            yield Finding(
                level=Level.ERROR,
                code="no_channel",
                where=f"channels.{tier}{where}",
                sentence=f"no channel of the {tier} is configured, so nobody of it can be told: "
                "configure one of them under alerts.channels, or name another",
            )
        elif wanted:
            yield Finding(
                level=Level.WARNING,
                code="channel_missing",
                where=f"channels.{tier}{where}",
                sentence=f"people of the {tier} have addresses for {', '.join(wanted)}, which is not configured and is "
                "passed over: configure it under alerts.channels, or take the addresses out",
            )


def silent_people(policy: ResponsePolicy, around: Around, where: str) -> Iterator[Finding]:
    """Find people on duty who have none of the channels of the plan."""
    told: set[tuple[PersonId, Tier]] = set()
    for watch in around.watches:
        for directory in watch.directories.values():
            for one in directory.responders:
                usable = set(policy.channels[one.tier]) & set(one.channels) - {Channel.LOG}
                if around.budgets is not None:
                    usable &= set(around.budgets)
                if usable or (one.person, one.tier) in told:
                    continue
                told.add((one.person, one.tier))
                has = f"has {', '.join(one.channels)}" if one.channels else "has no address at all"
                yield Finding(
                    level=Level.ERROR,
                    code="person_unreachable",
                    where=f"channels.{one.tier}{where}",
                    sentence=f"{one.person} is on duty for the {one.tier} and {has}: nothing that this policy sends "
                    "reaches them; give them an address, or name their channel",
                )


def unreached(policy: ResponsePolicy, around: Around, where: str) -> Iterator[Finding]:
    """Find channels that a person on duty has and that no timer reaches before the clock ends."""
    for tier in TIERS:
        reached = ceil(time_of(policy, tier) / policy.soft.seen)
        for person, theirs in sorted(_plans(policy, tier, around).items()):
            if len(theirs) > reached:
                yield Finding(
                    level=Level.WARNING,
                    code="channel_unreached",
                    where=f"channels.{tier}{where}",
                    sentence=f"{person} of the {tier} has {len(theirs)} channels, and within "
                    f"{said(time_of(policy, tier))} only {reached} are tried: {', '.join(theirs[reached:])} would only "
                    "be tried after a failure; shorten `soft.seen`, or put the better ones first",
                )


def _plans(policy: ResponsePolicy, tier: Tier, around: Around) -> dict[PersonId, list[Channel]]:
    return {
        one.person: [channel for channel in policy.channels[tier] if channel in one.channels]
        for watch in around.watches
        for directory in watch.directories.values()
        for one in directory.on(tier)
    }


def capacity(policy: ResponsePolicy, around: Around, where: str) -> Iterator[Finding]:
    """Find channels that cannot carry all who may be called before a tier's clock ends, if these share one address."""
    if around.budgets is None:
        return
    for tier in TIERS:
        people = _recipients(policy, tier, around)
        channel = next((one for one in policy.channels[tier] if one in around.budgets), None)
        if channel is None:
            continue
        per_minute, time = around.budgets[channel], time_of(policy, tier)
        carried = inf if per_minute == inf else per_minute * (time / timedelta(minutes=1))
        if people > carried:
            yield Finding(
                level=Level.ERROR,
                code="over_capacity",
                where=f"call_together.{tier}{where}",
                sentence=f"up to {people} people of the {tier} are called within {said(time)}, and one address of "
                f"{channel} takes {per_minute:g} a minute, {int(carried)} in that time: call fewer together, spread "
                "them over several bots, or put another channel first",
            )


def unattended(around: Around) -> Iterator[Finding]:
    """Find places where a tier has nobody on duty for a part of the time that is looked at."""
    gaps: dict[tuple[GridCode, Tier], list[tuple[datetime, datetime]]] = defaultdict(list)
    for watch in around.watches:
        for grid, directory in watch.directories.items():
            lowest = 0 if around.levels is None else around.levels.get(grid, 0)
            for tier in TIERS[lowest:]:
                if not directory.on(tier):
                    gaps[grid, tier].append((watch.since, watch.until))
    whole = sum((watch.until - watch.since for watch in around.watches), timedelta())
    for (grid, tier), spans in sorted(gaps.items(), key=lambda item: (item[0][0], TIERS.index(item[0][1]))):
        hours = sum((until - since for since, until in spans), timedelta()) / timedelta(hours=1)
        when = (
            "at any time"
            if hours >= whole / timedelta(hours=1)
            else f"for {hours:.1f} h, first at {spans[0][0].astimezone(LOCAL):%m-%d %H:%M}"
        )
        yield Finding(
            level=Level.ERROR,
            code="nobody_on_duty",
            where=f"grid {grid}",
            sentence=f"the {tier} of grid {grid} has nobody on duty {when}: add shifts, or its clock is missed",
        )


def _recipients(policy: ResponsePolicy, tier: Tier, around: Around) -> int:
    """Count who may be called before the clock ends: those called together, and again after each soft timer."""
    rounds = max(1, ceil(time_of(policy, tier) / policy.soft.accepted))
    most = policy.call_together[tier] * rounds
    rosters = [
        len(directory.on(tier)) for watch in around.watches for directory in watch.directories.values()
    ]
    return min(most, max(rosters)) if rosters else most
