"""The life of an incident under any order of acts, deadlines and outages keeps its promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from tests.support.incidents import DEFAULT, PLACE, STAFF, START, Case, directory, opening, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import apply, deadlines, decide, fold, preview
from tocsin.alerts.policy_model import Reminders
from tocsin.alerts.preview import UPCOMING_MAX
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, NoticeId, PersonId
from tocsin.core.incidents import (
    SYSTEM,
    Accepted,
    ArrivalRefuted,
    Arrived,
    Basis,
    Called,
    Grade,
    Lateness,
    Mode,
    Outcome,
    Readiness,
    Refused,
    Reminded,
    State,
    TierActivated,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel, Directory

PEOPLE = st.sampled_from([r.person for r in STAFF.responders])
STAFFS = st.sampled_from(
    [
        STAFF,
        directory(),
        directory(*(r for r in STAFF.responders if r.tier is not Tier.VILLAGE)),
        directory(*(r for r in STAFF.responders if r.tier is not Tier.TOWNSHIP)),
        directory(*(r for r in STAFF.responders if r.order == 1)),
    ]
)
FAR = Position(31.0, 119.9)
POLICIES = {
    "default": DEFAULT,
    "one by one": replace(DEFAULT, call_together=dict.fromkeys(Tier, 1)),
    "other proofs": replace(
        DEFAULT, stops=dict.fromkeys(Tier, frozenset({Basis.TAG, Basis.CAMERA, Basis.OPERATOR}))
    ),
    "hasty": replace(
        DEFAULT, reminders=Reminders(handled=timedelta(seconds=30), again=timedelta(seconds=60), most=2)
    ),
}
Ended = (happened.Rejected, happened.Closed, happened.Merged)
AFTER_THE_END = (Arrived, ArrivalRefuted, VerdictGiven, happened.NoticeSettled, happened.NoteAdded, Reminded)
OWED_AFTER_THE_END = ("report_up:", "evaluate:")
"""Deadlines of what an incident still owes when it is closed."""
NEW_ROUND = frozenset({"nobody_there", "refuted"})
"""Reasons for which everybody is asked again, whatever they said before."""


REPEATABLE = (
    *(ask.See, ask.Accept, ask.Refuse, ask.ReportDone, ask.Arrive),
    *(ask.CameraSees, ask.AttachAlarm, ask.ClearAlarm),
)
"""What says nothing new when it is said again at once; an end is refused the second time, with its reason."""


class Life(RuleBasedStateMachine):
    """Anybody does anything at any time."""

    @initialize(
        mode=st.sampled_from([None, *Mode]),
        kind=st.sampled_from([Kind.SMOKE, Kind.CALL, Kind.LEVEL]),
        lateness=st.sampled_from([Lateness.LIVE, Lateness.LIVE, *Lateness]),
        grade=st.sampled_from([None, *Grade]),
        staff=STAFFS,
        certified=st.booleans(),
        policy=st.sampled_from(sorted(POLICIES)),
        readiness=st.sampled_from(Readiness),
    )
    def begin(  # noqa: PLR0917 one argument for each thing that is drawn
        self,
        mode: Mode | None,
        kind: Kind,
        lateness: Lateness,
        grade: Grade | None,
        staff: Directory,
        policy: str,
        readiness: Readiness,
        *,
        certified: bool,
    ) -> None:
        rules = POLICIES[policy]
        self.case = Case(staged(rules, mode) if mode else rules, staff)
        command = opening(kind, lateness=lateness, grade=grade, certified=certified)
        self.case.do(structs.replace(command, path="33/3301/330110", readiness=readiness))

    def act(self, command: ask.Command) -> None:
        """Do it; what is refused leaves nothing, and what was done is not done again by the same words."""
        case = self.case
        before = case.state
        try:
            case.do(command)
        except Rejected:
            assert case.state is before
            return
        again = (
            decide(case.state, command, case.now, case.policy, case.staff)
            if isinstance(command, REPEATABLE)
            else []
        )
        assert again == [], f"{command} said twice changes something: {again}"

    @rule(seconds=st.sampled_from([0, 0.5, 1, 7, 20, 45, 60, 100, 180]))
    def time_passes_on_duty(self, seconds: float) -> None:
        self.case.run_until((self.case.now - self.case.incident.opened).total_seconds() + seconds)

    @rule(seconds=st.sampled_from([3, 30, 200, 700, 4000]))
    def the_engine_is_away(self, seconds: float) -> None:
        self.case.now += timedelta(seconds=seconds)

    @rule(who=PEOPLE, what=st.sampled_from([ask.See, ask.Accept, ask.AskHelp, ask.SayReal, ask.ReportDone]))
    def somebody_says(self, who: PersonId, what: type[ask.See]) -> None:
        self.act(what(person=who))

    @rule(who=PEOPLE)
    def somebody_refuses(self, who: PersonId) -> None:
        self.act(ask.Refuse(person=who, reason_code="ill"))

    @rule(
        who=PEOPLE,
        basis=st.sampled_from(list(Basis)),
        ago=st.sampled_from([None, -3, 0, 1, 30, 100, 300]),
        where=st.sampled_from([PLACE, FAR, None]),
    )
    def somebody_arrives(
        self, who: PersonId, basis: Basis, ago: float | None, where: Position | None
    ) -> None:
        at = None if ago is None else self.case.now - timedelta(seconds=ago)
        self.act(ask.Arrive(person=who, at=at, basis=basis, position=where))

    @rule(
        who=PEOPLE,
        age=st.sampled_from([None, 0.0, 89.0, 91.0]),
        mock=st.booleans(),
    )
    def a_phone_says_where_it_is(self, who: PersonId, age: float | None, *, mock: bool) -> None:
        self.act(ask.Arrive(person=who, basis=Basis.POSITION, position=PLACE, age_s=age, mock=mock))

    @rule(
        who=PEOPLE,
        basis=st.sampled_from([Basis.TAG, Basis.PHOTO]),
        ago=st.sampled_from([None, 0, 40, 200]),
        number=st.integers(1, 2),
    )
    def somebody_shows_a_proof(self, who: PersonId, basis: Basis, ago: float | None, number: int) -> None:
        at = None if ago is None else self.case.now - timedelta(seconds=ago)
        self.act(ask.Arrive(person=who, at=at, basis=basis, proof=f"proof-{number}"))

    @rule(number=st.integers(1, 3), ago=st.sampled_from([0, 5, 400]), gone=st.booleans())
    def a_camera_sees_somebody(self, number: int, ago: float, *, gone: bool) -> None:
        at = self.case.now - timedelta(seconds=ago)
        self.act(ask.CameraSees(device=DeviceId(f"box/cam-{number}"), at=at, gone=gone, proof="seen"))

    @rule(tier=st.sampled_from(TIERS), reason=st.sampled_from(["wrong_place", "old_picture", "because"]))
    def the_operator_refutes_an_arrival(self, tier: Tier, reason: str) -> None:
        self.act(ask.RefuteArrival(tier=tier, reason_code=reason))

    @rule(who=PEOPLE, basis=st.sampled_from([Basis.DECLARED, Basis.TAG]))
    def somebody_finds_nothing(self, who: PersonId, basis: Basis) -> None:
        if len(self.case.log) > 8:
            self.act(ask.SayNothingHere(person=who, basis=basis, proof="tag" if basis is Basis.TAG else ""))

    @rule(tier=st.sampled_from(TIERS))
    def the_operator_says_a_tier_arrived(self, tier: Tier) -> None:
        self.act(ask.Arrive(tier=tier, basis=Basis.OPERATOR))

    @rule(grade=st.sampled_from([None, *Grade]))
    def the_operator_confirms(self, grade: Grade | None) -> None:
        self.act(ask.Confirm(grade=grade))

    @rule(grade=st.sampled_from(Grade), tier=st.sampled_from(TIERS))
    def the_operator_changes_things(self, grade: Grade | None, tier: Tier) -> None:
        self.act(ask.ChangeGrade(grade=grade))
        self.act(ask.Activate(tier=tier))

    @rule(number=st.integers(1, 3), late=st.booleans(), kind=st.sampled_from([Kind.SMOKE, Kind.FIRE]))
    def an_alarm_joins(self, number: int, *, late: bool, kind: Kind) -> None:
        device = DeviceId(f"box/cam-{number}")
        self.act(
            ask.AttachAlarm(
                alarm=AlarmId(f"alarm-{number}"), device=device, kind=kind, severity=0.8, late=late
            )
        )

    @rule(number=st.integers(1, 3))
    def an_alarm_clears(self, number: int) -> None:
        self.act(ask.ClearAlarm(alarm=AlarmId(f"alarm-{number}")))

    @rule(who=PEOPLE, channel=st.sampled_from(Channel), outcome=st.sampled_from(Outcome))
    def a_notice_settles(self, who: PersonId, channel: Channel, outcome: Outcome) -> None:
        self.act(ask.SettleNotice(notice=NoticeId("n"), person=who, channel=channel, outcome=outcome))

    @rule(staff=STAFFS)
    def duty_changes(self, staff: Directory) -> None:
        self.case.staff = staff

    @precondition(lambda self: len(self.case.log) > 8)
    @rule(
        end=st.sampled_from(
            [
                ask.Reject(reason_code="false_alarm"),
                ask.Close(reason_code="handled"),
                ask.Merge(into=IncidentId("7")),
            ]
        )
    )
    def it_ends(self, end: ask.Command) -> None:
        self.act(end)

    @invariant()
    def replay_gives_the_live_state(self) -> None:
        assert fold(self.case.log) == self.case.incident

    @invariant()
    def each_verdict_names_the_one_it_revises(self) -> None:
        current: dict[Tier, Verdict] = {}
        refuted: dict[Tier, Verdict | None] = {}
        for recorded in self.case.log:
            match recorded.event:
                case VerdictGiven() as given:
                    before = current.get(given.tier) or refuted.pop(given.tier, None)
                    assert given.revises in {before, current.get(given.tier)}
                    current[given.tier] = given.verdict
                case TierActivated(tier=tier):
                    # Called again only when an arrival that had called it off was none.
                    assert current.pop(tier, Verdict.STOOD_DOWN) is Verdict.STOOD_DOWN
                case ArrivalRefuted(tier=tier):
                    refuted[tier] = current.pop(tier, None)
        clocks = self.case.incident.clocks
        assert current == {tier: c.verdict for tier, c in clocks.items() if c.verdict is not None}

    @invariant()
    def a_timely_proof_is_never_a_miss(self) -> None:
        proved: dict[Tier, datetime] = {}
        for recorded in self.case.log:
            match recorded.event:
                case Arrived(tier=tier, at=at, accepted=True):
                    proved[tier] = min(at, proved.get(tier, at))
                case ArrivalRefuted(tier=tier):
                    proved.pop(tier, None)
        assert proved == self.case.incident.arrivals
        for tier, at in proved.items():
            clock = self.case.incident.clocks.get(tier)
            if clock is not None and at <= clock.due:
                assert clock.verdict is Verdict.ARRIVED, clock

    @invariant()
    def what_was_refuted_stops_nothing(self) -> None:
        incident = self.case.incident
        for tier, clock in incident.clocks.items():
            if clock.verdict in {Verdict.ARRIVED, Verdict.LATE}:
                assert tier in incident.arrivals

    @invariant()
    def a_miss_was_due_and_stands_before_any_later_verdict(self) -> None:
        for recorded in self.case.log:
            event = recorded.event
            if isinstance(event, VerdictGiven) and event.verdict is Verdict.MISSED:
                due = self.case.incident.clocks[event.tier].due
                assert event.at == due <= recorded.recorded

    @invariant()
    def deadlines_stand_on_confirmation_and_activation(self) -> None:
        incident, policy = self.case.incident, self.case.policy
        below = timedelta()
        for tier in TIERS:
            window = policy.windows[tier]
            clock = incident.clocks.get(tier)
            if clock is not None:
                assert incident.confirmed is not None
                assert clock.due == max(incident.confirmed + window, clock.activated + window - below)
            below = window

    @invariant()
    def no_tier_is_skipped_in_staged_mode(self) -> None:
        activated = [r.event for r in self.case.log if isinstance(r.event, TierActivated)]
        for event in activated:
            if event.reason_code in {"below_missed", "no_one_below", "below_refused"}:
                below = TIERS[TIERS.index(event.tier) - 1]
                assert below in {other.tier for other in activated[: activated.index(event)]}

    @invariant()
    def an_open_incident_waits_on_a_deadline_or_a_person(self) -> None:
        incident = self.case.incident
        if not incident.state.open or deadlines(incident, self.case.policy):
            return
        operator = incident.confirmed is None and incident.lateness is Lateness.RETROSPECTIVE
        operator = operator or incident.state is State.HANDLED
        at_the_scene = bool(incident.arrivals)
        nobody_exists = not incident.calls
        without_clocks = incident.confirmed is not None and not incident.clocks
        assert operator or at_the_scene or nobody_exists or without_clocks

    @invariant()
    def nothing_runs_after_the_end(self) -> None:
        incident = self.case.incident
        if not incident.state.open:
            left = deadlines(incident, self.case.policy)
            assert all(key.startswith(OWED_AFTER_THE_END) for key in left), left
            assert incident.state is State.CLOSED or not left
            assert all(clock.verdict is not None for clock in incident.clocks.values())

    @invariant()
    def stale_and_early_keys_decide_to_nothing(self) -> None:
        case = self.case
        coming = deadlines(case.incident, case.policy)
        keys = {"tier:village", "tier:city", "confirm:1", "seen:ve1:0", "accept:ve9:3", "again:1", "x"}
        for key in keys - {key for key, due in coming.items() if due <= case.now}:
            events = decide(case.incident, ask.DeadlineReached(key=key), case.now, case.policy, case.staff)
            assert events == [], key

    @invariant()
    def nothing_happens_after_the_end_but_what_was_before(self) -> None:
        ended = False
        for recorded in self.case.log:
            assert not ended or isinstance(recorded.event, AFTER_THE_END), recorded.event
            ended = ended or isinstance(recorded.event, Ended)

    @invariant()
    def who_refused_is_not_called_in_the_same_round(self) -> None:
        refused: set[PersonId] = set()
        for recorded in self.case.log:
            match recorded.event:
                case Refused(person=who):
                    refused.add(who)
                case Accepted(person=who) | Arrived(person=who):
                    refused.discard(who)
                case Called(person=who, reason_code=reason, tier=tier) if tier is not None:
                    assert who not in refused or reason in NEW_ROUND, recorded.event

    @invariant()
    def reminders_are_so_many_and_no_more(self) -> None:
        said = [r.event for r in self.case.log if isinstance(r.event, Reminded)]
        for what in {one.what for one in said}:
            steps = [one.step for one in said if one.what == what]
            assert steps == sorted(set(steps)) or what in {"grade", "report_up"}  # these begin anew when done
            assert max(steps) <= self.case.policy.reminders.most

    @invariant()
    def no_deadline_is_due_again_right_after_it_was_decided(self) -> None:
        case = self.case
        coming = deadlines(case.incident, case.policy)
        for key in [key for key, due in coming.items() if due <= case.now]:
            state = case.incident
            for event in decide(state, ask.DeadlineReached(key=key), case.now, case.policy, case.staff):
                state = apply(state.id, state, [event], SYSTEM, case.now, case.now)
            left = deadlines(state, case.policy)
            assert key not in left or left[key] > case.now, f"{key} would spin"

    @invariant()
    def the_order_of_deadlines_of_one_instant_changes_no_verdict(self) -> None:
        case = self.case
        coming = sorted(key for key, due in deadlines(case.incident, case.policy).items() if due <= case.now)
        if len(coming) < 2:
            return
        ends = []
        for order in (coming, coming[::-1]):
            state = case.incident
            for key in order:
                for event in decide(state, ask.DeadlineReached(key=key), case.now, case.policy, case.staff):
                    state = apply(state.id, state, [event], SYSTEM, case.now, case.now)
            ends.append({t: (c.verdict, c.at, c.due, c.roster) for t, c in state.clocks.items()})
        assert ends[0] == ends[1]

    @invariant()
    def late_data_confirms_nothing_by_itself(self) -> None:
        incident = self.case.incident
        if incident.lateness is not Lateness.LIVE and incident.confirmed is not None:
            assert incident.confirmed_by in {Basis.OPERATOR, Basis.SCENE}

    @invariant()
    def nobody_is_told_twice(self) -> None:
        # Standing down may be said by an arrival and again by the end: the same id is one notice.
        ids = [notice.id for notice in self.case.told if notice.template != "recall"]
        assert len(ids) == len(set(ids))
        assert all(notice.expires >= notice.not_before for notice in self.case.told)

    @precondition(lambda self: self.case.incident.state.open)
    @rule()
    def preview_is_what_happens(self) -> None:
        case = self.case
        foreseen = preview(case.incident, case.policy, case.staff, case.now)
        twin = Case(case.policy, case.staff)
        twin.state, twin.now = case.incident, case.now
        if foreseen:
            twin.run_until((foreseen[-1].at - START).total_seconds())
        happened = [
            (recorded.recorded, event.verdict.value, event.tier)
            if isinstance(event, VerdictGiven)
            else (recorded.recorded, "activated", event.tier)
            for recorded in twin.log
            if isinstance(event := recorded.event, VerdictGiven | TierActivated)
        ]
        told = [
            (upcoming.at, upcoming.what_code, upcoming.tier)
            for upcoming in foreseen
            if upcoming.what_code in {"missed", "activated", "arrived"}
        ]
        # The preview may stop in the middle of an instant, because it is bounded.
        assert told == happened[: len(told)]
        assert len(foreseen) == UPCOMING_MAX or len(told) == len(happened)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
