"""The life of an incident under any order of acts, deadlines and outages keeps its promises."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.incidents import PLACE, STAFF, START, Case, directory, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import deadlines, decide, fold, preview
from tocsin.alerts.preview import UPCOMING_MAX
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, NoticeId, PersonId
from tocsin.core.incidents import (
    Arrived,
    Basis,
    Grade,
    Lateness,
    Mode,
    Outcome,
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


class Life(RuleBasedStateMachine):
    """Anybody does anything at any time."""

    @initialize(
        mode=st.sampled_from([None, *Mode]),
        kind=st.sampled_from([Kind.SMOKE, Kind.CALL, Kind.LEVEL]),
        lateness=st.sampled_from([Lateness.LIVE, Lateness.LIVE, *Lateness]),
        grade=st.sampled_from([None, *Grade]),
        staff=STAFFS,
        certified=st.booleans(),
    )
    def begin(
        self,
        mode: Mode | None,
        kind: Kind,
        lateness: Lateness,
        grade: Grade | None,
        staff: Directory,
        *,
        certified: bool,
    ) -> None:
        self.case = Case(staged(mode=mode), staff) if mode else Case(staff=staff)
        self.case.do(opening(kind, lateness=lateness, grade=grade, certified=certified))

    def act(self, command: ask.Command) -> None:
        with suppress(Rejected):
            self.case.do(command)

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
                ask.SayNothingHere(person=person("ve1")),
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
        for recorded in self.case.log:
            match recorded.event:
                case VerdictGiven() as given:
                    assert given.revises is current.get(given.tier)
                    current[given.tier] = given.verdict
                case TierActivated(tier=tier):
                    assert tier not in current
        clocks = self.case.incident.clocks
        assert current == {tier: c.verdict for tier, c in clocks.items() if c.verdict is not None}

    @invariant()
    def a_timely_proof_is_never_a_miss(self) -> None:
        for recorded in self.case.log:
            event = recorded.event
            if isinstance(event, Arrived) and event.accepted:
                clock = self.case.incident.clocks.get(event.tier)
                if clock is not None and event.at <= clock.due:
                    assert clock.verdict is Verdict.ARRIVED, clock

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
            assert deadlines(incident, self.case.policy) == {}
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
