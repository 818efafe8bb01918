"""Faults in what goes into the outbox: to whom, how urgently, until when, and never twice."""

from __future__ import annotations

from typing import Final

from tests.mutants.fault import Fault

OUT: Final = ("tests/unit/alerts/test_outgoing.py",)
STORY: Final = ("tests/scenario/test_alerts.py",)
THROTTLE: Final = ("tests/unit/alerts/test_throttle.py",)
RELAY: Final = ("tests/unit/alerts/test_relay.py",)

FAULTS: Final = (
    Fault(
        name="notice-named-anew",
        file="alerts/outgoing.py",
        text='derived_id("notice", incident.id, person or tier or "", channel, template, str(step), *anew)',
        instead='derived_id("notice", incident.id, str(incident.version), channel, template, str(step), *anew)',
        breaks="deciding twice tells nobody twice",
        tests=OUT,
    ),
    Fault(
        name="notice-of-two-people-is-one",
        file="alerts/outgoing.py",
        text='derived_id("notice", incident.id, person or tier or "", channel, template, str(step), *anew)',
        instead='derived_id("notice", incident.id, tier or "", channel, template, str(step), *anew)',
        breaks="two people called at once are told both",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-priority-inverted",
        file="alerts/outgoing.py",
        text="min(GRADES.index(incident.grade) + calmer, _QUIET)",
        instead="min(GRADES[::-1].index(incident.grade) + calmer, _QUIET)",
        breaks="a worse grade is told first",
        tests=OUT,
    ),
    Fault(
        name="notice-call-outlives-its-clock",
        file="alerts/outgoing.py",
        text='template, until = "call", clock.due',
        instead='template, until = "call", clock.due + policy.notices.recall',
        breaks="be there in three minutes is never sent after forty",
        tests=OUT,
    ),
    Fault(
        name="notice-recall-to-one-who-is-there",
        file="alerts/outgoing.py",
        text="if call.tier is not None and call.arrived is None",
        instead="if call.tier is not None",
        breaks="who is at the scene is not told to stay away",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-recall-to-one-who-refused",
        file="alerts/outgoing.py",
        text='        if call.refused is None:\n            for channel in _working(call):\n                yield _notice(\n                    incident,\n                    "recall",',
        instead='        if True:\n            for channel in _working(call):\n                yield _notice(\n                    incident,\n                    "recall",',
        breaks="who refused is not recalled",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-recall-of-one-who-goes",
        file="alerts/outgoing.py",
        text="            return call.accepted is None\n",
        instead="            return True\n",
        breaks="who is going is not stood down by another's arrival",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-siren-in-a-drill",
        file="alerts/outgoing.py",
        text=" and incident.grade in policy.siren and not incident.drill:",
        instead=" and incident.grade in policy.siren:",
        breaks="a drill never sounds the siren",
        tests=OUT,
    ),
    Fault(
        name="notice-siren-for-small-things",
        file="alerts/outgoing.py",
        text=" and incident.grade in policy.siren and not incident.drill:",
        instead=" and not incident.drill:",
        breaks="the siren sounds for the grades that the policy names",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-miss-told-twice",
        file="alerts/outgoing.py",
        text='above.verdict is not None or above.reason_code == "below_missed":',
        instead="above.verdict is not None:",
        breaks="a tier that a miss has called is not told of it once more",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-miss-unknown-to-supervisors",
        file="alerts/outgoing.py",
        text="for supervisor in directory.supervisors() if event.cause != OUTAGE else ():",
        instead="for supervisor in ():",
        breaks="supervisors are told of every miss",
        tests=(*OUT, *STORY),
    ),
    Fault(
        name="notice-by-a-channel-that-failed",
        file="alerts/outgoing.py",
        text="for channel in call.channels if channel not in call.failed)[-1:]",
        instead="for channel in call.channels)[-1:]",
        breaks="what is told next goes by a channel that did not fail",
        tests=OUT,
    ),
    Fault(
        name="throttle-one-too-many",
        file="alerts/throttle.py",
        text="if len(recent) >= rate.most:",
        instead="if len(recent) > rate.most:",
        breaks="no window ever holds more than the rate",
        tests=THROTTLE,
    ),
    Fault(
        name="throttle-forgets-early",
        file="alerts/throttle.py",
        text="within, most = max(within, rate.within), max(most, rate.most)",
        instead="within, most = rate.within, max(most, rate.most)",
        breaks="the longest of several rates holds",
        tests=THROTTLE,
    ),
    Fault(
        name="throttle-block-ends-early",
        file="alerts/throttle.py",
        text="at = max(at, self.budget.blocked_until)",
        instead="pass",
        breaks="nothing is sent while its provider refuses everything",
        tests=THROTTLE,
    ),
    Fault(
        name="throttle-spends-what-it-does-not-send",
        file="alerts/throttle.py",
        text="            if at <= now:\n                spent",
        instead="            if True:\n                spent",
        breaks="a sending that must wait spends nobody's budget",
        tests=THROTTLE,
    ),
    Fault(
        name="notice-of-each-miss-after-an-outage",
        file="alerts/outgoing.py",
        text="for supervisor in directory.supervisors() if event.cause != OUTAGE else ():",
        instead="for supervisor in directory.supervisors():",
        breaks="after an outage supervisors are told once, not of each miss",
        tests=OUT,
    ),
)
