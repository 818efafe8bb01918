"""Faults in who is called, in what order, and when the next."""

from __future__ import annotations

from typing import Final

from tests.mutants.fault import Fault

CALLING: Final = ("tests/unit/alerts/test_calling.py",)
CLOCKS: Final = ("tests/unit/alerts/test_clocks.py",)
DEADLINES: Final = ("tests/unit/alerts/test_deadlines.py",)
PEOPLE: Final = ("tests/unit/alerts/test_decide_people.py",)
DRAFT: Final = ("tests/unit/alerts/test_draft.py",)
PREVIEW: Final = ("tests/unit/alerts/test_preview.py",)
BOUNDS: Final = ("tests/scenario/test_boundaries.py",)
STORY: Final = ("tests/scenario/test_alerts.py",)

FAULTS: Final = (
    Fault(
        name="staged-calls-all",
        file="alerts/calling.py",
        text="TIERS if mode is Mode.PARALLEL else (Tier.VILLAGE,)",
        instead="TIERS",
        breaks="staged mode calls the village alone",
        tests=CALLING,
    ),
    Fault(
        name="parallel-calls-the-village-only",
        file="alerts/calling.py",
        text="TIERS if mode is Mode.PARALLEL else (Tier.VILLAGE,)",
        instead="(Tier.VILLAGE,)",
        breaks="parallel mode calls all tiers at once",
        tests=(*CALLING, *DEADLINES),
    ),
    Fault(
        name="staged-begins-at-the-top",
        file="alerts/calling.py",
        text="TIERS if mode is Mode.PARALLEL else (Tier.VILLAGE,)",
        instead="TIERS if mode is Mode.PARALLEL else (Tier.CITY,)",
        breaks="the lowest tier is called first",
        tests=CALLING,
    ),
    Fault(
        name="retrospective-gets-clocks",
        file="alerts/calling.py",
        text="if started or incident.confirmed is None or incident.lateness is Lateness.RETROSPECTIVE:",
        instead="if started or incident.confirmed is None:",
        breaks="a record of what is over has no clocks",
        tests=(*CALLING, *DEADLINES),
    ),
    Fault(
        name="activate-twice",
        file="alerts/calling.py",
        text="started = (tier in incident.clocks and not again) or",
        instead="started = False or",
        breaks="a tier that was called is not called from the beginning again",
        tests=(*CALLING, "tests/property/test_incident_machine.py"),
    ),
    Fault(
        name="nobody-below-waits",
        file="alerts/calling.py",
        text="    if not reached and tier.above is not None:\n",
        instead="    if False and tier.above is not None:\n",
        breaks="with nobody on duty the next tier is called at once",
        tests=CALLING,
    ),
    Fault(
        name="there-before-called-is-forgotten",
        file="alerts/calling.py",
        text="    if tier in incident.arrivals:\n",
        instead="    if False:\n",
        breaks="a tier whose people are there already has arrived",
        tests=(*CALLING, *PEOPLE),
    ),
    Fault(
        name="one-called-instead-of-two",
        file="alerts/calling.py",
        text="for place in range(min(draft.policy.call_together[tier], len(draft.incident.clocks[tier].roster))):",
        instead="for place in range(min(1, len(draft.incident.clocks[tier].roster))):",
        breaks="as many are called together as the policy says",
        tests=CALLING,
    ),
    Fault(
        name="refused-is-called-again",
        file="alerts/calling.py",
        text="            not cannot\n            and call_of",
        instead="            call_of",
        breaks="who refused when asked to look is not called",
        tests=CALLING,
    ),
    Fault(
        name="next-is-the-neighbour",
        file="alerts/calling.py",
        text="place + draft.policy.call_together[call.tier]",
        instead="place + 1",
        breaks="each of those called together has a successor of their own",
        tests=(*CALLING, *CLOCKS, *PEOPLE),
    ),
    Fault(
        name="next-though-the-clock-has-ended",
        file="alerts/calling.py",
        text="if call is None or call.tier is None or not running(draft.incident, call.tier):",
        instead="if call is None or call.tier is None:",
        breaks="nobody else is called once a tier's clock has ended",
        tests=(*CALLING, *CLOCKS, *PEOPLE, *STORY),
    ),
    Fault(
        name="further-tries-the-same-channel",
        file="alerts/calling.py",
        text="if channel not in before.channels]",
        instead="if channel in before.channels]",
        breaks="not seen tries another channel",
        tests=(*CALLING, *CLOCKS),
    ),
    Fault(
        name="further-restarts-the-soft-timers",
        file="alerts/calling.py",
        text="at=since or before.called,",
        instead="at=draft.now,",
        breaks="soft timers count from the first call of a person",
        tests=(*CALLING, *DEADLINES, *BOUNDS),
    ),
    Fault(
        name="supervisors-unheard",
        file="alerts/calling.py",
        text='    call_supervisors(draft, at, "unanswered")\n',
        instead="",
        breaks="supervisors hear each time that nobody confirmed",
        tests=(*CALLING, *CLOCKS),
    ),
    Fault(
        name="late-data-sends-the-village",
        file="alerts/calling.py",
        text="if not first or draft.incident.lateness is not Lateness.LIVE:",
        instead="if not first:",
        breaks="late data sends nobody to the place by itself",
        tests=(*CALLING, *STORY),
    ),
    Fault(
        name="village-is-asked-every-time",
        file="alerts/calling.py",
        text="if not first or draft.incident.lateness is not Lateness.LIVE:",
        instead="if draft.incident.lateness is not Lateness.LIVE:",
        breaks="the village is asked to look once",
        tests=(*CALLING, *CLOCKS, *STORY),
    ),
    Fault(
        name="roster-reversed",
        file="core/responders.py",
        text="return tuple(r for r in self.responders if r.tier is tier and not r.supervisor)",
        instead="return tuple(r for r in self.responders[::-1] if r.tier is tier and not r.supervisor)",
        breaks="people are called in the order of the rota",
        tests=("tests/unit/core", *CALLING, *CLOCKS),
    ),
    Fault(
        name="channel-that-nobody-has",
        file="alerts/draft.py",
        text="for channel in self.policy.channels[tier] if channel in found.channels]",
        instead="for channel in self.policy.channels[tier]]",
        breaks="a person is called by channels for which there is an address",
        tests=(*DRAFT, *CALLING, *CLOCKS),
    ),
    Fault(
        name="anchored-after-an-outage",
        file="alerts/draft.py",
        text="return self.now if self.now - due > self.policy.punctual else due",
        instead="return due",
        breaks="after an outage of ours nobody is late for a call that they could not get",
        tests=(*DRAFT, *CLOCKS),
    ),
    Fault(
        name="anchored-at-the-bound",
        file="alerts/draft.py",
        text="return self.now if self.now - due > self.policy.punctual else due",
        instead="return self.now if self.now - due >= self.policy.punctual else due",
        breaks="a deadline that is handled within `punctual` was on time",
        tests=(*DRAFT, *BOUNDS),
    ),
    Fault(
        name="looks-asked-of-one-who-refused",
        file="alerts/calling.py",
        text="        if before is None or before.refused is None:\n            asked +=",
        instead="        if True:\n            asked +=",
        breaks="who has refused is not asked to look",
        tests=CALLING,
    ),
)
