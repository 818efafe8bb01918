"""Faults in the shell: what one transaction writes, and how the engine comes back to incidents."""

from __future__ import annotations

from typing import Final

from tests.mutants.fault import Fault

CHANGE: Final = ("tests/unit/alerts/test_change.py",)
INTAKE: Final = ("tests/unit/alerts/test_intake.py",)
ESCALATOR: Final = ("tests/unit/alerts/test_escalator.py",)
SERVICE: Final = ("tests/unit/alerts/test_service.py",)
STORY: Final = ("tests/scenario/test_alerts.py",)
RECORDER: Final = ("tests/unit/alerts/test_recorder.py",)

FAULTS: Final = (
    Fault(
        name="change-end-cancels-nothing",
        file="alerts/change.py",
        text="cancel=any(isinstance(event, ENDINGS) for event in events),",
        instead="cancel=False,",
        breaks="what waits to be sent is cancelled when the incident ends",
        tests=(*CHANGE, *STORY),
    ),
    Fault(
        name="change-claims-the-future",
        file="alerts/change.py",
        text="at = now if occurred is None else min(occurred, now)",
        instead="at = now if occurred is None else occurred",
        breaks="nothing is recorded as done in the future",
        tests=CHANGE,
    ),
    Fault(
        name="change-outcome-twice",
        file="alerts/change.py",
        text="return [command for key, command in fresh.items() if key not in said]",
        instead="return list(fresh.values())",
        breaks="an outcome that the log holds already is not written again",
        tests=(*CHANGE, *SERVICE),
    ),
    Fault(
        name="change-act-forgotten",
        file="alerts/change.py",
        text="if incident is None or (not events and act is None):",
        instead="if incident is None or not events:",
        breaks="an act that changes nothing is answered the same way again",
        tests=(*CHANGE, *SERVICE),
    ),
    Fault(
        name="change-old-deadlines",
        file="alerts/change.py",
        text="    base_version = 0 if incident is None else incident.version\n",
        instead="    base_version = 0 if incident is None else incident.version - 1\n",
        breaks="two who decide at once cannot both commit",
        tests=(*CHANGE, *SERVICE),
    ),
    Fault(
        name="intake-ended-between-look-and-lock",
        file="alerts/intake.py",
        text="        if dead:",
        instead="        if False:",
        breaks="an incident that ended between the look and the lock takes nothing in",
        tests=INTAKE,
    ),
    Fault(
        name="intake-alarms-unsaved",
        file="alerts/intake.py",
        text="await unit.save_alarms(sorted(assigned.alarms.values(), key=lambda alarm: alarm.id))",
        instead="pass",
        breaks="an alarm is kept with what it led to",
        tests=(*INTAKE, *STORY),
    ),
    Fault(
        name="intake-opened-by-the-system",
        file="alerts/assign.py",
        text='return Actor("collector", collector_of(self.alarm.device)) if self.by_box else SYSTEM',
        instead="return SYSTEM",
        breaks="the log names the collector that began an incident",
        tests=(*INTAKE, "tests/unit/alerts/test_assign.py"),
    ),
    Fault(
        name="escalator-stale-key-is-stuck",
        file="alerts/escalator.py",
        text="    if change is None:  # stale keys",
        instead="    if change is None and not incident.state.open:  # stale keys",
        breaks="a stale key acts on nothing and is put away",
        tests=ESCALATOR,
    ),
    Fault(
        name="escalator-spins",
        file="alerts/escalator.py",
        text="    if stuck:\n        raise",
        instead="    if False:\n        raise",
        breaks="a deadline that is due again at once is pushed back, not spun on",
        tests=ESCALATOR,
    ),
    Fault(
        name="escalator-fault-of-one-stops-all",
        file="alerts/escalator.py",
        text='            failed[item[0]] = f"{type(error).__name__}: {error}"\n',
        instead="            raise\n",
        breaks="an incident that cannot be decided does not hold up the others",
        tests=ESCALATOR,
    ),
    Fault(
        name="escalator-no-pause",
        file="alerts/escalator.py",
        text="self._config.isolated_backoff_seconds * 2.0 ** min(times, 20)",
        instead="self._config.isolated_backoff_seconds",
        breaks="an incident that fails again is tried with a growing pause",
        tests=ESCALATOR,
    ),
    Fault(
        name="escalator-ends-with-a-fault",
        file="alerts/escalator.py",
        text="                delay = min(delay * 2, BACK_OFF_SECONDS[1])\n",
        instead="                raise\n",
        breaks="the escalator survives that the database is away",
        tests=ESCALATOR,
    ),
)
