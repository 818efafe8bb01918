"""Whatever devices say and people do, an alarm asks once for each time that it has something to ask.

Four alarms of one box live under the shipped policy: a camera's smoke, a camera's loss of picture (with delays and
explained by the link), the link itself and a button. Keepers look at their instants, as the shell would let them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.site import BARN, NOON, TOWNSHIP, VILLAGE, Site
from tocsin.alerts.alarm import acknowledge, state_of
from tocsin.alerts.alarm_model import AlarmState, JournalLine, Turn, Window, line_of
from tocsin.alerts.alarm_silence import Around, quiet, shelve
from tocsin.alerts.assign import AlarmKey, Assigned, Due, Located, assign, assign_due
from tocsin.alerts.commands import AttachAlarm, Open
from tocsin.alerts.ports import Alarm, OpenIncident
from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId, IncidentId, PersonId

ANN = PersonId("ann")
DEVICES = (("cam-1", "smoke"), ("cam-2", "video_loss"), ("link", "link_loss"), ("button-1", "call"))
SITE = Site()
SPANS = some.sampled_from([1, 20, 59, 60, 61, 300, 599, 600, 3600])
ENDS = {Turn.RETURNED, Turn.UNSHELVED, Turn.UNSUPPRESSED, Turn.IN_SERVICE}
HEARD = {
    AlarmState.NORMAL,
    AlarmState.UNACKNOWLEDGED,
    AlarmState.ACKNOWLEDGED,
    AlarmState.RETURNED_UNACKNOWLEDGED,
}


class AlarmMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.alarms: dict[AlarmKey, Alarm] = {}
        self.journal: list[JournalLine] = []
        self.windows: list[Window] = []
        self.open: dict[IncidentId, OpenIncident] = {}
        self.presses = 0

    # what happens

    @rule(device=some.sampled_from(DEVICES), phase=some.sampled_from(Phase), severity=some.floats(0, 1))
    def a_device_speaks(self, device: tuple[str, str], phase: Phase, severity: float) -> None:
        name, kind = device
        SITE.clock.jump(self.now)
        intake = SITE.at("00:00")._intake(name, kind, severity, 0.0, phase, raised=phase is not Phase.CLEAR)
        site = replace(SITE.town.sites[DeviceId("box/cam-1")], device=intake.detection.device, place=BARN)
        located = Located(intake, site, SITE.policies.for_grid(site.grid))
        before = self.alarms.get(located.key)
        if kind == "call" and phase is not Phase.CLEAR and not (before and before.raised):
            self.presses += 1
        self.took(assign([located], self.alarms, self.candidates(), now=self.now, around=self.around()))

    @rule(seconds=SPANS)
    def time_passes(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        while True:
            due = [one.due for one in self.alarms.values() if one.due is not None and one.due <= until]
            if not due:
                break
            self.now = max(self.now, min(due))
            self.keep()
        self.now = until

    @rule(device=some.sampled_from(DEVICES), minutes=some.integers(1, 1440))
    def ann_shelves(self, device: tuple[str, str], minutes: int) -> None:
        alarm = self.found(device)
        if alarm is None:
            return
        policy = SITE.policies.for_path("").policy

        def edit(one: Alarm) -> Alarm:
            return shelve(one, ANN, "known", span=timedelta(minutes=minutes), now=self.now, policy=policy)

        try:
            self.step(alarm, edit, ((Turn.SHELVED, "known"),))
        except Rejected as refused:
            assert refused.code == "alarm.call"
            assert alarm.kind is Kind.CALL
        else:
            assert alarm.kind is not Kind.CALL

    @rule(device=some.sampled_from(DEVICES))
    def ann_unshelves(self, device: tuple[str, str]) -> None:
        alarm = self.found(device)
        if alarm is not None and alarm.shelved_until is not None:
            self.step(alarm, lambda one: replace(one, shelved_until=self.now), ())

    @rule(device=some.sampled_from(DEVICES))
    def ann_acknowledges(self, device: tuple[str, str]) -> None:
        alarm = self.found(device)
        if alarm is not None and not alarm.acknowledged:
            self.alarms[key(alarm)] = acknowledge(alarm, ANN)
            self.journal.append(line_of(alarm, Turn.ACKNOWLEDGED, "", self.now, ANN))

    @precondition(lambda self: len(self.windows) < 3)
    @rule(after=SPANS, lasts=SPANS, whole=some.booleans())
    def a_window_is_made(self, after: int, lasts: int, whole: bool) -> None:  # noqa: FBT001 hypothesis names it
        since = self.now + timedelta(seconds=after - 60)
        self.windows.append(
            Window(
                id=f"w-{len(self.windows)}",
                grid=VILLAGE if whole else None,
                grid_path=SITE.town.grids[VILLAGE].path if whole else "",
                device=None if whole else DeviceId("box/cam-1"),
                since=since,
                until=since + timedelta(seconds=lasts + 60),
                reason="works",
                person=ANN,
                made=self.now,
            )
        )
        self.wake()

    @precondition(lambda self: self.windows)
    @rule()
    def a_window_is_ended(self) -> None:
        self.windows[-1] = replace(self.windows[-1], ended=self.now)
        self.wake()

    @precondition(lambda self: self.open)
    @rule()
    def an_incident_ends(self) -> None:
        self.open.popitem()

    # what must hold

    @invariant()
    def a_state_is_one_of_the_seven_and_a_call_is_always_heard(self) -> None:
        for alarm in self.alarms.values():
            state = state_of(alarm, self.now)
            assert state in AlarmState
            if alarm.kind is Kind.CALL:
                assert state in HEARD
                assert not quiet(alarm)

    @invariant()
    def nobody_is_asked_twice_without_a_return_or_the_end_of_a_silence(self) -> None:
        for alarm in self.alarms.values():
            asked = False
            for line in self.lines(alarm):
                if line.what is Turn.RAISED:
                    assert not asked
                    asked = True
                elif line.what in ENDS:
                    asked = False

    @invariant()
    def what_stands_unsilenced_has_asked_and_what_is_silenced_or_waits_is_looked_at_again(self) -> None:
        for alarm in self.alarms.values():
            said = [line.what for line in self.lines(alarm) if line.what in {Turn.RAISED, Turn.RETURNED}]
            if alarm.raised and not quiet(alarm):
                assert said
                assert said[-1] is Turn.RAISED
            if alarm.pending is not None or quiet(alarm):
                assert alarm.due is not None

    @invariant()
    def every_press_of_the_button_is_heard(self) -> None:
        alarm = self.found(("button-1", "call"))
        if alarm is not None:
            assert sum(line.what is Turn.RAISED for line in self.lines(alarm)) == self.presses

    def teardown(self) -> None:
        """Let everything end: no silence may outlast its cause."""
        self.a_device_speaks(("link", "link_loss"), Phase.CLEAR, 0.0)
        for _ in range(50):
            self.time_passes(3600)
        for alarm in self.alarms.values():
            assert not quiet(alarm), "a silence that never ends"
            assert alarm.pending is None

    # the shell

    def keep(self) -> None:
        due = [one for one in self.alarms.values() if one.due is not None and one.due <= self.now]
        self.took(
            assign_due([self.due(one) for one in due], self.candidates(), now=self.now, around=self.around())
        )

    def step(self, alarm: Alarm, edit: object, said: tuple[tuple[Turn, str], ...]) -> None:
        one = replace(self.due(alarm), edit=edit, actor=ANN, said=said)
        self.took(assign_due([one], self.candidates(), now=self.now, around=self.around()))

    def due(self, alarm: Alarm) -> Due:
        site = replace(SITE.town.sites[DeviceId("box/cam-1")], device=alarm.device, place=BARN)
        return Due(alarm, site, SITE.policies.for_grid(site.grid))

    def took(self, assigned: Assigned) -> None:
        self.alarms |= assigned.alarms
        self.journal += assigned.journal
        by_id = {alarm.id: alarm for alarm in assigned.alarms.values()}
        for name, commands in assigned.commands.items():
            for command in commands:
                if isinstance(command, Open):
                    assert command.alarm is not None
                    assert not quiet(by_id[command.alarm]), "a silenced alarm opened an incident"
                    self.open[name] = OpenIncident(
                        id=name,
                        kind=command.kind,
                        grid=command.grid,
                        place=command.place,
                        began=command.began,
                        last_alarm=self.now,
                        devices=(command.device,) if command.device else (),
                    )
                if isinstance(command, AttachAlarm):
                    alarm = by_id[command.alarm]
                    assert not quiet(alarm) or alarm.suppressed_by is not None
        if assigned.roots_raised or assigned.roots_cleared:
            self.wake()

    def wake(self) -> None:
        for name, alarm in self.alarms.items():
            if alarm.raised or alarm.maintenance:
                self.alarms[name] = replace(alarm, due=self.now)

    def around(self) -> Around:
        windows = tuple(one for one in self.windows if not one.over(self.now))
        roots = tuple(one for one in self.alarms.values() if one.kind is Kind.LINK_LOSS and one.raised)
        return Around(windows, roots)

    def candidates(self) -> dict[tuple[Kind, str], list[OpenIncident]]:
        found: dict[tuple[Kind, str], list[OpenIncident]] = {}
        for one in self.open.values():
            found.setdefault((one.kind, TOWNSHIP), []).append(one)
        return found

    def found(self, device: tuple[str, str]) -> Alarm | None:
        name = DeviceId(f"box/{device[0]}")
        return next((one for one in self.alarms.values() if one.device == name), None)

    def lines(self, alarm: Alarm) -> list[JournalLine]:
        return [line for line in self.journal if line.alarm == alarm.id]


def key(alarm: Alarm) -> AlarmKey:
    return alarm.device, alarm.kind, alarm.detector


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
