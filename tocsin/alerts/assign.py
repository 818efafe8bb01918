"""What a batch of detections means: alarms after it, and commands for incidents.  Pure.

Detections are taken in order of their instant; each steps its alarm, and an alarm that asks for an
incident joins the one that correlates or opens one.  Names of new alarms and incidents are derived, so
that the same batch always gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from tocsin.alerts import alarm as alarms
from tocsin.alerts.alarm import AlarmStep, Effect
from tocsin.alerts.commands import AttachAlarm, ClearAlarm, Command, Open
from tocsin.alerts.correlate import Sign, choose, kinds_together
from tocsin.alerts.late import classify
from tocsin.alerts.policy_book import PolicyVersion
from tocsin.alerts.ports import Alarm, Intake, OpenIncident, Site
from tocsin.core.detections import Kind
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, derived_id
from tocsin.core.incidents import Lateness

AlarmKey: TypeAlias = tuple[DeviceId, Kind, str]
Candidates: TypeAlias = Mapping[tuple[Kind, GridCode], Sequence[OpenIncident]]
"""Open incidents by kind and township."""


@dataclass(frozen=True, slots=True)
class Located:
    """A detection with where it is and the policy that holds there now."""

    intake: Intake
    site: Site
    version: PolicyVersion

    @property
    def key(self) -> AlarmKey:
        """Name the alarm that it belongs to."""
        return key_of(self.intake)


@dataclass(slots=True)
class Assigned:
    """What a batch leads to."""

    alarms: dict[AlarmKey, Alarm] = field(default_factory=dict)
    commands: dict[IncidentId, list[Command]] = field(default_factory=dict)
    opened: dict[IncidentId, Located] = field(default_factory=dict)
    """Incidents that begin here, with what began them."""
    effects: Counter[str] = field(default_factory=Counter)

    @property
    def touched(self) -> list[IncidentId]:
        """Name the incidents that exist already, ascending."""
        return sorted(set(self.commands) - set(self.opened))


def key_of(intake: Intake) -> AlarmKey:
    """Name the alarm that a detection belongs to."""
    return intake.detection.device, intake.detection.kind, intake.detection.detector


def in_order(batch: Iterable[Located]) -> list[Located]:
    """Sort by instant, then by name: the order does not depend on how messages came together."""
    return sorted(batch, key=lambda one: (one.intake.began, one.intake.detection.id))


@dataclass(frozen=True, slots=True)
class _Open:
    """The incidents that a sign may join: those that were open, and those that this batch began."""

    before: Candidates
    dead: frozenset[IncidentId]
    fresh: dict[tuple[Kind, GridCode], list[OpenIncident]] = field(default_factory=dict)

    def of(self, kind: Kind, township: GridCode) -> list[OpenIncident]:
        """List those of a kind in a township."""
        place = (kind, township)
        found = [*self.before.get(place, ()), *self.fresh.get(place, ())]
        return [one for one in found if one.id not in self.dead]


def assign(
    batch: Sequence[Located],
    known: Mapping[AlarmKey, Alarm],
    candidates: Candidates,
    dead: frozenset[IncidentId] = frozenset(),
) -> Assigned:
    """Step the alarms of a batch and say what each incident is asked; `dead` ones take nothing in."""
    result, around = Assigned(), _Open(candidates, dead)
    for one in in_order(batch):
        step = alarms.observe(
            result.alarms.get(one.key) or known.get(one.key),
            one.intake.detection,
            new_id=AlarmId(derived_id("alarm", *one.key)),
            grid=one.site.grid.code,
            began=one.intake.began,
            policy=one.version.policy,
        )
        if step is None:
            result.effects["ignored"] += 1
            continue
        result.effects[step.effect] += 1
        result.alarms[one.key] = _follow(one, step, around, result)
    return result


def _follow(one: Located, step: AlarmStep, around: _Open, result: Assigned) -> Alarm:
    """Ask incidents for what a step means; gives the alarm as it is kept."""
    alarm = step.alarm
    own = alarm.incident if alarm.incident is not None and alarm.incident not in around.dead else None
    match step.effect:
        case Effect.NOTHING:
            return alarm
        case Effect.CLEARS:
            if own is not None:
                result.commands.setdefault(own, []).append(ClearAlarm(alarm=alarm.id))
            return alarm
        case Effect.ATTACHES:
            if own is not None:
                result.commands.setdefault(own, []).append(_attach(one, alarm))
            return alarm
        case Effect.OPENS:
            found = _correlated(one, around)
            if found is not None:
                result.commands.setdefault(found, []).append(_attach(one, alarm))
                return alarms.joined(alarm, found)
            return alarms.joined(alarm, _open(one, alarm, around, result))
        case _:
            assert_never(step.effect)


def _correlated(one: Located, around: _Open) -> IncidentId | None:
    policy = one.version.policy
    sign = Sign(
        kind=one.intake.detection.kind,
        grid=one.site.grid.code,
        place=one.site.place or one.site.grid.centre,
        at=one.intake.began,
        device=one.intake.detection.device,
    )
    kinds = kinds_together(sign.kind, policy)
    return choose(sign, [found for kind in kinds for found in around.of(kind, one.site.township)], policy)


def _open(one: Located, alarm: Alarm, around: _Open, result: Assigned) -> IncidentId:
    detection, site = one.intake.detection, one.site
    name = IncidentId(derived_id("incident", alarm.id, detection.id))
    lateness = lateness_of(one)
    place = site.place or site.grid.centre
    result.opened[name] = one
    result.commands[name] = [
        Open(
            kind=detection.kind,
            severity=detection.severity,
            grid=site.grid.code,
            device=detection.device,
            place=place,
            radius_m=site.grid.radius_m,
            began=one.intake.began,
            lateness=lateness,
            policy=one.version.id,
            path=site.grid.path,
            alarm=alarm.id,
            certified=site.certified,
            reason_code=detection.reason_code,
            figures=detection.figures,
        )
    ]
    if lateness is not Lateness.RETROSPECTIVE:
        begun = OpenIncident(
            id=name,
            kind=detection.kind,
            grid=site.grid.code,
            place=place,
            began=one.intake.began,
            last_alarm=one.intake.began,
            devices=(detection.device,),
        )
        around.fresh.setdefault((detection.kind, site.township), []).append(begun)
    return name


def _attach(one: Located, alarm: Alarm) -> AttachAlarm:
    detection = one.intake.detection
    return AttachAlarm(
        alarm=alarm.id,
        device=detection.device,
        kind=detection.kind,
        severity=detection.severity,
        late=lateness_of(one) is not Lateness.LIVE,
        reason_code=detection.reason_code,
        figures=detection.figures,
    )


def lateness_of(one: Located) -> Lateness:
    """Say whether a detection is in time, under the policy that holds at its place."""
    intake = one.intake
    return classify(intake.age, intake.detection.kind, one.version.policy, raised=intake.raised)
