"""What another policy would have changed, in figures that say what they rest on.  Pure.

Every rate comes with its Wilson bounds (95 %) and with the number of clocks that rest on an assumed
answer: somebody was called who never was in the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any, Final, Protocol

import msgspec

from tocsin.alerts.model import Incident
from tocsin.alerts.policy_rules import Hours
from tocsin.alerts.simulate import CallMade
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.incidents import Verdict

NIGHT: Final = Hours(22 * 60, 6 * 60)
"""When a call wakes somebody."""
_Z: Final = 1.959964
CHANGED_MOST: Final = 50
"""Incidents that are shown one by one."""


class Happened(Protocol):
    """What became of one incident, in the record or in a run."""

    @property
    def incident(self) -> Incident:
        """Its state at the end."""
        ...

    @property
    def calls(self) -> tuple[CallMade, ...]:
        """Whose phone rang when."""
        ...


class TierFigures(msgspec.Struct, kw_only=True):
    """One tier under one policy."""

    tier: Tier
    activated: int = 0
    arrived: int = 0
    late: int = 0
    missed: int = 0
    stood_down: int = 0
    running: int = 0
    """Clocks without a verdict when the run ended."""
    people_called: int = 0
    calls: int = 0
    """Times a phone rang, further channels and rounds included."""
    assumed: int = 0
    """Judged clocks that rest on an assumed answer."""
    rate: float | None = None
    """Arrived in time, of those that arrived, came late or missed."""
    rate_low: float | None = None
    rate_high: float | None = None


class Load(msgspec.Struct, kw_only=True):
    """What one person bears."""

    person: PersonId
    calls: int = 0
    night_calls: int = 0
    """Between 22:00 and 06:00."""


class Figures(msgspec.Struct, kw_only=True):
    """All incidents under one policy."""

    incidents: int
    confirmed: int
    tiers: list[TierFigures]
    load: list[Load]
    """Most calls first."""


class ChangedIncident(msgspec.Struct, kw_only=True):
    """One incident that would have gone otherwise."""

    incident: IncidentId
    called: list[PersonId]
    """Called under the new policy and not under the old one."""
    spared: list[PersonId]
    """Called under the old policy and not under the new one."""
    verdicts: dict[str, list[str]]
    """Tier → verdict before and after, where they differ; `-` without a clock or a verdict."""


class Comparison(msgspec.Struct, kw_only=True):
    """A record against the same incidents under another policy."""

    seed: int
    recorded: Figures | None
    """What really happened; None for generated incidents."""
    before: Figures
    """The same incidents run in thought under the policy that they had."""
    after: Figures
    """… and under the other one."""
    reproduced: float | None
    """Share of recorded verdicts that the run under the old policy gives again: how far the run can be believed."""
    changed: int
    incidents: list[ChangedIncident]
    """The first of them."""
    answers: dict[str, int]
    """Observed answers of each tier from which assumed ones were drawn."""
    skipped: int = 0
    """Recorded incidents that could not be run: their policy or their place is not known any more."""


def figures(runs: Sequence[Happened], assumed: Iterable[frozenset[PersonId]] = ()) -> Figures:
    """Count; `assumed` names for each run those whose answers were drawn."""
    tiers = {tier: TierFigures(tier=tier) for tier in TIERS}
    load: dict[PersonId, Load] = {}
    drawn = list(assumed) or [frozenset[PersonId]()] * len(runs)
    for one, unsure in zip(runs, drawn, strict=True):
        for tier, clock in one.incident.clocks.items():
            _count(tiers[tier], clock.verdict)
            people = {call.person for call in one.calls if call.tier is tier}
            tiers[tier].people_called += len(people)
            if people & unsure and clock.verdict not in {None, Verdict.STOOD_DOWN}:
                tiers[tier].assumed += 1
        for call in one.calls:
            if call.tier is not None:
                tiers[call.tier].calls += 1
            borne = load.setdefault(call.person, Load(person=call.person))
            borne.calls += 1
            borne.night_calls += NIGHT.holds(call.at)
    for figure in tiers.values():
        judged = figure.arrived + figure.late + figure.missed
        if judged:
            figure.rate = figure.arrived / judged
            figure.rate_low, figure.rate_high = wilson(figure.arrived, judged)
    return Figures(
        incidents=len(runs),
        confirmed=sum(one.incident.confirmed is not None for one in runs),
        tiers=list(tiers.values()),
        load=sorted(load.values(), key=lambda one: (-one.calls, one.person)),
    )


def _count(figure: TierFigures, verdict: Verdict | None) -> None:
    figure.activated += 1
    match verdict:
        case None:
            figure.running += 1
        case Verdict.ARRIVED:
            figure.arrived += 1
        case Verdict.LATE:
            figure.late += 1
        case Verdict.MISSED:
            figure.missed += 1
        case Verdict.STOOD_DOWN:
            figure.stood_down += 1


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Give the bounds of a share with 95 % confidence (Wilson's interval); `trials` must be above 0."""
    share = hits / trials
    centre = share + _Z * _Z / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + _Z * _Z / (4 * trials * trials))
    whole = 1 + _Z * _Z / trials
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def differences(before: Sequence[Happened], after: Sequence[Happened]) -> list[ChangedIncident]:
    """List the incidents in which other people were called or a tier was judged otherwise."""
    found = []
    for one, other in zip(before, after, strict=True):
        were, are = _people(one), _people(other)
        verdicts = {
            str(tier): [_verdict(one.incident, tier), _verdict(other.incident, tier)]
            for tier in TIERS
            if _verdict(one.incident, tier) != _verdict(other.incident, tier)
        }
        if were != are or verdicts:
            found.append(
                ChangedIncident(
                    incident=one.incident.id,
                    called=sorted(are - were),
                    spared=sorted(were - are),
                    verdicts=verdicts,
                )
            )
    return found


def reproduced(facts: Sequence[Happened], runs: Sequence[Happened]) -> float | None:
    """Give the share of recorded verdicts that runs give again; None without any verdict."""
    met = Counter(
        clock.verdict == (again.verdict if (again := run.incident.clocks.get(tier)) is not None else None)
        for fact, run in zip(facts, runs, strict=True)
        for tier, clock in fact.incident.clocks.items()
    )
    return met[True] / met.total() if met else None


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(comparison)
    return plain


def _people(one: Happened) -> set[PersonId]:
    return {call.person for call in one.calls}


def _verdict(incident: Incident, tier: Tier) -> str:
    clock = incident.clocks.get(tier)
    return "-" if clock is None or clock.verdict is None else str(clock.verdict)
