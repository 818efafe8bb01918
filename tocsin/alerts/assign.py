"""What a batch of detections means: alarms after it, and commands for incidents.  Pure.

Detections are taken in order of their instant; each steps its alarm, and an alarm that asks for an
incident joins the one that correlates or opens one.  Alarms whose time has come go the same way without a
detection.  Names of new alarms and incidents are derived, so that the same batch always gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from tocsin.alerts import alarm as alarms
from tocsin.alerts.alarm import AlarmStep, Effect, Setting
from tocsin.alerts.alarm_model import FalseSpot, JournalLine, Turn, line_of
from tocsin.alerts.alarm_silence import NOTHING_AROUND, Around, Said, roots_for, spot_for
from tocsin.alerts.commands import AttachAlarm, ClearAlarm, Command, Open
from tocsin.alerts.correlate import Sign, choose, kinds_together
from tocsin.alerts.late import classify
from tocsin.alerts.policy_book import PolicyVersion
from tocsin.alerts.ports import Alarm, Intake, OpenIncident, Site
from tocsin.core.detections import Kind
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, collector_of, derived_id
from tocsin.core.incidents import SYSTEM, Actor, Lateness, Source

AlarmKey: TypeAlias = tuple[DeviceId, Kind, str]
Candidates: TypeAlias = Mapping[tuple[Kind, GridCode], Sequence[OpenIncident]]
"""Open incidents by kind and township."""
Edit: TypeAlias = Callable[[Alarm], Alarm]


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


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm that must be looked at without a detection, with where it is and the policy that holds there."""

    alarm: Alarm
    site: Site
    version: PolicyVersion
    edit: Edit | None = None
    """What a person does to it now."""
    actor: str = SYSTEM.kind
    said: tuple[Said, ...] = ()
    """What that is in the journal."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An alarm in the moment of its step, from which incidents are opened and joined."""

    alarm: Alarm
    site: Site
    version: PolicyVersion
    at: datetime
    """When what happened began."""
    lateness: Lateness
    name: str
    """Tells this asking from others of the same alarm."""
    by_box: bool
    """True when a detection of its collector led here; else it was time, or a person."""

    @property
    def actor(self) -> Actor:
        """Give whoever opens an incident by this."""
        return Actor("collector", collector_of(self.alarm.device)) if self.by_box else SYSTEM


@dataclass(slots=True)
class Assigned:
    """What a batch leads to."""

    alarms: dict[AlarmKey, Alarm] = field(default_factory=dict)
    commands: dict[IncidentId, list[Command]] = field(default_factory=dict)
    opened: dict[IncidentId, Asking] = field(default_factory=dict)
    """Incidents that begin here, with what began them."""
    effects: Counter[str] = field(default_factory=Counter)
    journal: list[JournalLine] = field(default_factory=list)
    roots_raised: list[Alarm] = field(default_factory=list)
    """Alarms that began to explain others."""
    roots_cleared: list[Alarm] = field(default_factory=list)

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


def assign(
    batch: Sequence[Located],
    known: Mapping[AlarmKey, Alarm],
    candidates: Candidates,
    dead: frozenset[IncidentId] = frozenset(),
    *,
    now: datetime | None = None,
    around: Around = NOTHING_AROUND,
    spots: Sequence[FalseSpot] = (),
) -> Assigned:
    """Step the alarms of a batch and say what each incident is asked; `dead` ones take nothing in.

    `now` is the transaction's instant; without it each alarm is stepped at the instant of its detection.
    """
    turn = _Turn(_Open(candidates, dead), around, now)
    last: dict[AlarmKey, Located] = {}
    for one in in_order(batch):
        if one.intake.detection.kind is Kind.PRESENCE:
            turn.result.effects["sighting"] += (
                1  # it proves somebody's word (`alerts.sighting`) and asks nobody
            )
            continue
        alarm = turn.result.alarms.get(one.key) or known.get(one.key)
        spot = spot_for(one.intake.detection, one.intake.began, spots)
        if spot is not None:
            turn.filtered(one, spot)
            continue
        turn.detection(one, alarm)
        last[one.key] = one
    for key, one in last.items():
        alarm = turn.result.alarms.get(key)
        if now is not None and alarm is not None and alarm.due is not None and alarm.due <= now:
            turn.time(alarm, one.site, one.version, now)
    return turn.result


def assign_due(
    batch: Sequence[Due],
    candidates: Candidates,
    dead: frozenset[IncidentId] = frozenset(),
    *,
    now: datetime,
    around: Around,
) -> Assigned:
    """Step alarms whose time has come, or which a person changes, and say what each incident is asked."""
    turn = _Turn(_Open(candidates, dead), around, now)
    # Roots first: whether they stand, and stand alone, decides about the others.
    depth = {one.alarm.kind: len(roots_for(one.alarm.kind, one.version.policy)) for one in batch}
    for one in sorted(batch, key=lambda one: (depth[one.alarm.kind], one.alarm.id)):
        turn.time(one.alarm, one.site, one.version, now, one)
    return turn.result


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


class _Turn:
    """One batch in the making: steps alarms one after the other and follows what they mean."""

    def __init__(self, open_ones: _Open, around: Around, now: datetime | None) -> None:
        self.result = Assigned()
        self._open = open_ones
        self._around = around
        self._now = now

    def filtered(self, one: Located, spot: FalseSpot) -> None:
        """Leave a detection out, and say so."""
        detection = one.intake.detection
        self.result.effects["filtered"] += 1
        self.result.journal.append(
            JournalLine(
                at=self._now or one.intake.began,
                alarm=AlarmId(derived_id("alarm", *one.key)),
                device=detection.device,
                kind=detection.kind,
                detector=detection.detector,
                grid=one.site.grid.code,
                what=Turn.FILTERED,
                actor=SYSTEM.kind,
                reason=spot.id,
            )
        )

    def detection(self, one: Located, alarm: Alarm | None) -> None:
        """Step an alarm by a detection, after what fell due before it."""
        lateness = lateness_of(one)
        setting = self._setting(one.site, one.version, one.intake.began, lateness)
        began, name = one.intake.began, one.intake.detection.id
        if alarm is not None and alarm.pending is not None:
            step = alarms.elapse(alarm, began, setting)
            at = step.alarm.raised_at
            asking = Asking(step.alarm, one.site, one.version, at, lateness, f"{name}/before", by_box=True)
            alarm = self._take(alarm, step, asking)
        observed = alarms.observe(
            alarm,
            one.intake.detection,
            new_id=AlarmId(derived_id("alarm", *one.key)),
            grid=one.site.grid.code,
            began=began,
            policy=one.version.policy,
            setting=setting,
        )
        if observed is None:
            self.result.effects["ignored"] += 1
            return
        self.result.effects[observed.effect] += 1
        asking = Asking(observed.alarm, one.site, one.version, began, lateness, name, by_box=True)
        self._take(alarm, observed, asking)

    def time(
        self, alarm: Alarm, site: Site, version: PolicyVersion, now: datetime, due: Due | None = None
    ) -> None:
        """Step an alarm whose time has come, or by what a person does to it."""
        setting = self._setting(site, version, now, Lateness.LIVE)
        if due is not None and due.edit is not None:
            step = alarms.change(alarm, due.edit(alarm), setting)
        else:
            step = alarms.elapse(alarm, now, setting)
        asking = Asking(
            step.alarm,
            site,
            version,
            step.alarm.raised_at,
            _lateness_by_time(alarm, step.alarm, now, version),
            (alarm.due or now).isoformat(),
            by_box=False,
        )
        self.result.effects[step.effect] += 1
        if due is not None:
            step = replace(step, said=(*due.said, *step.said))
        self._take(alarm, step, asking, SYSTEM.kind if due is None else due.actor)

    def _setting(self, site: Site, version: PolicyVersion, began: datetime, lateness: Lateness) -> Setting:
        return Setting(
            now=self._now or began,
            policy=version.policy,
            grid_path=site.grid.path,
            around=self._around,
            heard=lateness is not Lateness.RETROSPECTIVE,
        )

    def _take(self, before: Alarm | None, step: AlarmStep, asking: Asking, actor: str = SYSTEM.kind) -> Alarm:
        """Keep an alarm after a step, note what it said, and follow what it means for incidents."""
        kept = self._follow(asking, step.effect)
        for what, reason in step.said:
            self.result.journal.append(line_of(kept, what, reason, self._now or asking.at, actor))
        if any(kept.kind in cause.roots for cause in asking.version.policy.alarms.causes):
            self._note_root(before, kept)
        self.result.alarms[kept.device, kept.kind, kept.detector] = kept
        return kept

    def _note_root(self, before: Alarm | None, kept: Alarm) -> None:
        """See to it that the rest of the batch knows which roots stand."""
        stood = before is not None and before.raised
        others = tuple(root for root in self._around.roots if root.id != kept.id)
        if kept.raised:
            self._around = replace(self._around, roots=(*others, kept))
        elif stood:
            self._around = replace(self._around, roots=others)
        freed = before is not None and before.suppressed_by is not None and kept.suppressed_by is None
        if kept.raised and (freed or not stood):
            self.result.roots_raised.append(kept)
        if stood and not kept.raised:
            self.result.roots_cleared.append(kept)

    def _follow(self, asking: Asking, effect: Effect) -> Alarm:
        """Ask incidents for what a step means; gives the alarm as it is kept."""
        alarm = asking.alarm
        own = alarm.incident if alarm.incident not in self._open.dead else None
        match effect:
            case Effect.NOTHING:
                return alarm
            case Effect.CLEARS:
                if own is not None:
                    self._ask(own, ClearAlarm(alarm=alarm.id))
                return alarm
            case Effect.ATTACHES:
                if own is not None:
                    self._ask(own, _attach(asking))
                return alarm
            case Effect.JOINS:
                return self._join_root(asking)
            case Effect.GROWS if own is not None:
                self._ask(own, _attach(asking))
                return alarms.joined(alarm, own)
            case Effect.OPENS | Effect.GROWS:
                at = asking.at if effect is Effect.OPENS else self._now or asking.at
                found = self._correlated(asking, at)
                if found is not None:
                    self._ask(found, _attach(asking))
                    return alarms.joined(alarm, found)
                return alarms.joined(alarm, self._begin(asking))
            case _:
                assert_never(effect)

    def _join_root(self, asking: Asking) -> Alarm:
        """Let the incident of its root take in an alarm that was raised shortly before it."""
        alarm = asking.alarm
        root = next((one for one in self._around.roots if one.id == alarm.suppressed_by), None)
        target = None if root is None else root.incident
        if root is None or target is None or target == alarm.incident or target in self._open.dead:
            return alarm
        if alarm.raised_at < root.raised_at - asking.version.policy.family(root.kind).within:
            return alarm  # it stood long before: another happening
        self._ask(target, _attach(asking))
        return replace(alarm, incident=target)

    def _ask(self, incident: IncidentId, command: Command) -> None:
        self.result.commands.setdefault(incident, []).append(command)

    def _correlated(self, asking: Asking, at: datetime) -> IncidentId | None:
        policy, site = asking.version.policy, asking.site
        sign = Sign(
            kind=asking.alarm.kind,
            grid=site.grid.code,
            place=site.place or site.grid.centre,
            at=at,
            device=asking.alarm.device,
        )
        kinds = kinds_together(sign.kind, policy)
        return choose(sign, [one for kind in kinds for one in self._open.of(kind, site.township)], policy)

    def _begin(self, asking: Asking) -> IncidentId:
        alarm, site = asking.alarm, asking.site
        name = IncidentId(derived_id("incident", alarm.id, asking.name))
        place = site.place or site.grid.centre
        self.result.opened[name] = asking
        self.result.commands[name] = [
            Open(
                kind=alarm.kind,
                severity=alarm.severity,
                grid=site.grid.code,
                device=alarm.device,
                place=place,
                radius_m=site.grid.radius_m,
                began=asking.at,
                lateness=asking.lateness,
                policy=asking.version.id,
                path=site.grid.path,
                alarm=alarm.id,
                certified=site.certified,
                source=source_of(alarm.kind, site),
                reason_code=alarm.reason_code,
                figures=alarm.figures,
            )
        ]
        if asking.lateness is not Lateness.RETROSPECTIVE:
            begun = OpenIncident(
                id=name,
                kind=alarm.kind,
                grid=site.grid.code,
                place=place,
                began=asking.at,
                last_alarm=asking.at,
                devices=(alarm.device,),
            )
            self._open.fresh.setdefault((alarm.kind, site.township), []).append(begun)
        return name


def source_of(kind: Kind, site: Site) -> Source:
    """Say where an incident was heard of: by what kind of device, or by what only such a device says."""
    if kind is Kind.CALL or site.device_kind == "button":
        return Source.BUTTON
    return Source.VIDEO if site.device_kind == "camera" else Source.SENSOR


def _attach(asking: Asking) -> AttachAlarm:
    alarm = asking.alarm
    return AttachAlarm(
        alarm=alarm.id,
        device=alarm.device,
        kind=alarm.kind,
        severity=alarm.severity,
        late=asking.lateness is not Lateness.LIVE,
        reason_code=alarm.reason_code,
        figures=alarm.figures,
    )


def _lateness_by_time(before: Alarm, after: Alarm, now: datetime, version: PolicyVersion) -> Lateness:
    """Say whether an alarm that time raised is in time: not when what it waited for came late itself."""
    if before.raised or not after.raised:
        return Lateness.LIVE
    policy = version.policy
    age = now - after.raised_at - policy.alarms.delays_of(after.kind).on
    return classify(age, after.kind, policy, raised=True)


def lateness_of(one: Located) -> Lateness:
    """Say whether a detection is in time, under the policy that holds at its place."""
    intake = one.intake
    return classify(intake.age, intake.detection.kind, one.version.policy, raised=intake.raised)
