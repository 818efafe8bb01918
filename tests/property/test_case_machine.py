"""The whole life, on both tracks, under any order of commands and deadlines: every move is one of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs
from typing_extensions import override

from tests.support.cases import DRAIN, OFFICE, RUBBISH, SANITATION, TERMS, TOWN, WATER, WorkCase
from tests.support.incidents import DEFAULT, GRID, PLACE, directory
from tocsin.alerts import commands as ask
from tocsin.alerts import transitions
from tocsin.alerts.command import AnyCommand
from tocsin.alerts.incident import apply, deadlines, decide, fold
from tocsin.alerts.model import Work
from tocsin.alerts.policy_model import Reminders, ReportsUp
from tocsin.alerts.transitions import Only, Track, Who, outcomes, track
from tocsin.alerts.waiting import What, waits_on
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, OrganisationCode, PolicyId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    Basis,
    Grade,
    Lateness,
    Service,
    Source,
    Stage,
    State,
    UpStage,
)
from tocsin.core.working_time import Limit, Terms, Unit

SINCE = datetime(2025, 9, 26, 7, 0, tzinfo=UTC)
"""A Friday afternoon; on the Sunday after it people work, and then comes National Day."""
CODES = st.sampled_from([OFFICE, SANITATION, WATER, OrganisationCode("nobody")])
PEOPLE = st.sampled_from([one.person for one in TOWN.responders])
ANY_TERMS = st.sampled_from(
    [
        TERMS,
        Terms(),
        Terms(limits={Stage.ACCEPT: Limit(1, Unit.HOUR), Stage.HANDLE: Limit(2, Unit.DAY)}),
        structs.replace(TERMS, warn_at=1.0),
    ]
)
BEGINNINGS = st.sampled_from(
    [
        (Kind.OTHER, Source.MEMBER, True, Grade.IV, Lateness.LIVE, None),
        (Kind.OTHER, Source.MEMBER, True, Grade.IV, Lateness.LIVE, None),
        (Kind.OTHER, Source.MEMBER, True, Grade.IV, Lateness.LIVE, None),
        (Kind.OTHER, Source.HOTLINE, False, Grade.IV, Lateness.LIVE, None),
        (Kind.FIRE, Source.CITIZEN, True, Grade.II, Lateness.LIVE, None),
        (Kind.SMOKE, Source.SENSOR, False, Grade.III, Lateness.LIVE, "box/smoke"),
        (Kind.SMOKE, Source.SENSOR, False, Grade.III, Lateness.RETROSPECTIVE, "box/smoke"),
        (Kind.CALL, Source.BUTTON, False, Grade.IV, Lateness.LIVE, "box/button"),
    ]
)
POLICIES = {
    "default": DEFAULT,
    "hasty": replace(
        DEFAULT,
        reminders=Reminders(
            handled=timedelta(minutes=1),
            again=timedelta(minutes=2),
            received=timedelta(minutes=3),
            idle=timedelta(hours=5),
            overdue=timedelta(hours=7),
            extension=timedelta(hours=2),
            most=2,
        ),
        reports_up=ReportsUp(),
    ),
}
TOWNS = {"organised": TOWN, "without organisations": directory(*TOWN.responders), "empty": directory()}
MOSTLY_ORGANISED = st.sampled_from(["organised"] * 6 + ["without organisations", "empty"])
_ACTS = st.one_of(
    st.builds(ask.Receive),
    st.builds(ask.File, matter=st.sampled_from([RUBBISH, DRAIN, ""]), terms=ANY_TERMS, grade=st.none() | st.sampled_from(Grade)),
    st.builds(ask.Dispatch, lead=st.none() | CODES, partners=st.lists(CODES, max_size=2).map(tuple)),
    st.builds(ask.TakeOn, organisation=CODES),
    st.builds(ask.BeginWork, organisation=CODES),
    st.builds(ask.FinishWork, organisation=CODES),
    st.builds(ask.Return, organisation=CODES, reason_code=st.sampled_from(["not_ours", "x"])),
    st.builds(ask.Join, organisation=CODES),
    st.builds(ask.HandUp, reason_code=st.sampled_from(["beyond_means", "x"])),
    st.builds(ask.Check, passed=st.booleans(), reason_code=st.sampled_from(["not_done", ""])),
    st.builds(ask.AnswerExtension, granted=st.booleans(), reason_code=st.sampled_from(["too_long", ""])),
    st.builds(ask.Urge),
    st.builds(ask.Supervise, reason_code=st.sampled_from(["important", "overdue"])),
)  # fmt: skip
_OTHERS = st.one_of(
    st.builds(ask.Confirm, grade=st.none() | st.sampled_from(Grade)),
    st.builds(ask.Reject, reason_code=st.sampled_from(["false_alarm", "x"])),
    st.builds(ask.Close, reason_code=st.sampled_from(["handled", "no_action", "transferred"])),
    st.builds(ask.Merge, into=st.just(IncidentId("7"))),
    st.builds(ask.ChangeGrade, grade=st.sampled_from(Grade)),
    st.builds(ask.Activate, tier=st.sampled_from(Tier)),
    st.builds(ask.See, person=PEOPLE),
    st.builds(ask.Accept, person=PEOPLE),
    st.builds(ask.Refuse, person=PEOPLE, reason_code=st.just("ill")),
    st.builds(ask.Arrive, person=PEOPLE, basis=st.sampled_from([Basis.DECLARED, Basis.TAG])),
    st.builds(ask.Arrive, person=PEOPLE, basis=st.just(Basis.POSITION), position=st.just(PLACE)),
    st.builds(ask.Arrive, tier=st.sampled_from(Tier), basis=st.just(Basis.OPERATOR)),
    st.builds(ask.RefuteArrival, tier=st.sampled_from(Tier), reason_code=st.just("mistake")),
    st.builds(ask.SayReal, person=PEOPLE),
    st.builds(ask.SayNothingHere, person=PEOPLE, basis=st.sampled_from([Basis.DECLARED, Basis.TAG])),
    st.builds(ask.AskHelp, person=PEOPLE),
    st.builds(ask.ReportDone, person=PEOPLE),
    st.builds(
        ask.AttachAlarm,
        alarm=st.sampled_from([AlarmId("b"), AlarmId("c")]),
        device=st.sampled_from([DeviceId("box/b"), DeviceId("box/c")]),
        kind=st.sampled_from([Kind.SMOKE, Kind.FIRE, Kind.CALL]),
        severity=st.sampled_from([0.3, 1.0]),
    ),
    st.builds(ask.Reopen, reason_code=st.sampled_from(["mistake", "recurred"]), terms=ANY_TERMS),
    st.builds(ask.Transfer, service=st.sampled_from(Service), reason_code=st.just("their_task")),
    st.builds(ask.CallBack, reached=st.booleans()),
    st.builds(ask.CallBack, reached=st.just(True), satisfaction=st.integers(1, 5)),
    st.builds(ask.Evaluate, score=st.none() | st.integers(0, 100)),
    st.builds(ask.ReportUp, stage=st.sampled_from(UpStage)),
    st.builds(ask.ConfirmGrade, grade=st.sampled_from(Grade)),
    st.builds(ask.AddNote, note=st.just("n")),
)
STEP = st.sampled_from([0, 30, 600, 3 * 3600, 20 * 3600, 4 * 86400])
MOVERS = (
    happened.Filed, happened.Dispatched, happened.TakenOn, happened.WorkDone, happened.Returned, happened.HandedUp,
    happened.ExtensionAnswered, happened.Checked, happened.SentBack, happened.Reopened, happened.Closed,
    happened.Rejected, happened.Merged, happened.Confirmed,
)  # fmt: skip
"""Events that begin or end a stage, or grant more time: none other moves a limit."""
UNTOLD = frozenset({"open", "deadline_reached"})


def tag(command: AnyCommand | type[AnyCommand]) -> str:
    found = command.__struct_config__.tag
    assert isinstance(found, str)
    return found


def frozen(work: Work) -> tuple[Stage | None, datetime, datetime | None, datetime | None]:
    return work.stage, work.since, work.due, work.warn


class WholeLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.case = WorkCase(since=SINCE)
        self.refused: list[Rejected] = []

    @initialize(
        beginning=BEGINNINGS,
        policy=st.sampled_from(sorted(POLICIES)),
        town=MOSTLY_ORGANISED,
        ahead=st.integers(0, 8),
    )
    def begin(
        self,
        beginning: tuple[Kind, Source, bool, Grade, Lateness, str | None],
        policy: str,
        town: str,
        ahead: int,
    ) -> None:
        kind, source, reported, grade, lateness, device = beginning
        self.case = WorkCase(POLICIES[policy], TOWNS[town], since=SINCE)
        self.case.do(
            ask.Open(
                kind=kind, severity=0.3, grade=grade, grid=GRID, began=SINCE, lateness=lateness,
                device=None if device is None else DeviceId(device), place=PLACE, source=source,
                alarm=None if device is None else AlarmId("a"), policy=PolicyId("default@1"), reported=reported,
            )
        )  # fmt: skip
        for _ in range(ahead):  # all states are begun from, those near the end as well
            self.go_one_on(1, 600)

    def give(self, command: AnyCommand, actor: Actor = SYSTEM) -> None:
        """Do it as far as it can be done; what is refused says why, and what is done stands in the table."""
        case = self.case
        before, on = case.incident, track(case.incident)
        try:
            events = case.do(command, actor)
        except Rejected as refused:
            self.refused.append(refused)
            assert len(str(refused)) > 20, refused
            assert refused.code
            assert " " not in refused.code
            return
        after = case.incident
        assert transitions.may(before.state, tag(command), on) or not events, (
            before.state,
            tag(command),
            events,
        )
        allowed = outcomes(before.state, tag(command), on) | {before.state}
        assert after.state in allowed, (before.state, on, tag(command), after.state)
        if before.work is not None and after.work is not None:
            limits = [event for event in events if isinstance(event, MOVERS)]
            if not limits:
                assert frozen(before.work) == frozen(after.work), command
            elif (due := getattr(limits[-1], "due", None)) is not None:
                assert after.work.due == due

    @rule(command=_ACTS, seconds=STEP)
    def act_on_the_case(self, command: AnyCommand, seconds: float) -> None:
        self.pass_by(seconds)
        self.give(command, Actor("person", "ann"))

    @rule(command=_OTHERS, seconds=STEP)
    def act_otherwise(self, command: AnyCommand, seconds: float) -> None:
        self.pass_by(seconds)
        self.give(command, Actor("person", "ann"))

    @rule(picks=st.lists(st.integers(0, 3), min_size=1, max_size=5), seconds=STEP)
    def go_on(self, picks: list[int], seconds: float) -> None:
        """Make the next moves of a quiet life, so that its end is reached as well as its beginning."""
        for pick in picks:
            self.go_one_on(pick, seconds)

    def go_one_on(self, pick: int, seconds: float) -> None:
        self.pass_by(seconds)
        incident = self.case.incident
        lead = (incident.work.lead if incident.work is not None else None) or SANITATION
        following: dict[State, AnyCommand] = {
            State.REPORTED: ask.Receive(),
            State.RECEIVED: ask.File(matter=RUBBISH, terms=TERMS),
            State.FILED: ask.Dispatch(lead=SANITATION, partners=(WATER,) if pick else ()),
            State.DISPATCHED: ask.TakeOn(organisation=lead),
            State.ACCEPTED: ask.BeginWork(organisation=lead) if pick else self.more_time(lead),
            State.HANDLING: ask.FinishWork(organisation=lead) if pick else self.more_time(lead),
            State.HANDLED: ask.Check(passed=pick > 0, reason_code="not_done"),
            State.CHECKED: ask.Close(reason_code="handled"),
            State.CLOSED: ask.CallBack(reached=True, satisfaction=4) if pick else ask.Evaluate(score=80),
        }
        command = following.get(incident.state)
        if command is not None:
            self.give(command, Actor("person", "ann"))

    def more_time(self, lead: OrganisationCode) -> ask.AskExtension:
        until = self.case.now + timedelta(days=5)
        return ask.AskExtension(organisation=lead, until=until, reason_code="weather")

    @rule(seconds=STEP)
    def time_passes(self, seconds: float) -> None:
        self.pass_by(seconds)

    @rule(seconds=st.sampled_from([3600, 6 * 86400]))
    def the_centre_is_away(self, seconds: float) -> None:
        """Everything that came due meanwhile is decided at once, in any order."""
        case = self.case
        case.now += timedelta(seconds=seconds)
        for _ in range(40):
            coming = sorted(key for key, at in case.open_keys().items() if at <= case.now)
            if not coming:
                return
            self.give(ask.DeadlineReached(key=coming[0]))
        raise AssertionError(f"it spins: {case.open_keys()}")

    def pass_by(self, seconds: float) -> None:
        case = self.case
        until = case.now + timedelta(seconds=seconds)
        for _ in range(12):  # what rings on and on is left to the next outage
            coming = case.open_keys()
            if not coming:
                break
            key, at = min(coming.items(), key=lambda item: (item[1], item[0]))
            if at > until:
                break
            case.now = max(case.now, at)
            before = case.incident.version
            self.give(ask.DeadlineReached(key=key))
            assert case.incident.version > before, f"{key} was due and decided to nothing"
        case.now = max(case.now, until)

    @override
    def teardown(self) -> None:
        """Replaying the log gives the same state."""
        if self.case.log:
            assert fold(self.case.log) == self.case.incident

    @invariant()
    def an_open_one_waits_on_somebody_and_an_ended_one_only_for_its_evaluation(self) -> None:
        if self.case.state is None:
            return
        incident = self.case.incident
        waiting = waits_on(incident, self.case.policy)
        if incident.state.open:
            assert waiting, (incident.state, incident.work)
        elif waiting:
            assert incident.state in {State.CLOSED, State.EVALUATED}
            assert {one.what for one in waiting} <= {
                What.EVALUATE,
                What.CALL_BACK,
                What.REOPEN,
                What.REPORT_UP,
            }
        assert all(one.since <= self.case.now for one in waiting)
        if track(incident) is Track.WORK:
            assert incident.work is not None
            assert waiting[0].due is not None or self.reminded_enough()

    def reminded_enough(self) -> bool:
        told = max((count for _, count in self.case.incident.told), default=0)
        return told >= self.case.policy.reminders.most

    @invariant()
    def a_case_without_confirmation_has_no_clocks(self) -> None:
        if self.case.state is None:
            return
        incident = self.case.incident
        if incident.confirmed is None:
            assert incident.clocks == {}
        if track(incident) is Track.WORK:
            assert all(clock.verdict is not None for clock in incident.clocks.values())
            assert not any(
                key.startswith(("tier:", "seen:", "accept:", "again:", "confirm:"))
                for key in self.case.open_keys()
            )

    @invariant()
    def the_lead_and_the_stage_fit_the_state(self) -> None:
        if self.case.state is None or self.case.incident.work is None:
            return
        incident, work = self.case.incident, self.case.incident.work
        fitting = {
            Stage.DISPATCH: {State.FILED},
            Stage.ACCEPT: {State.DISPATCHED},
            Stage.HANDLE: {State.ACCEPTED, State.HANDLING},
            Stage.CHECK: {State.HANDLED},
            Stage.CLOSE: {State.CHECKED},
        }
        if work.stage is not None:
            assert incident.state in fitting[work.stage]
            assert (work.lead is None) or work.stage is not Stage.DISPATCH or work.lead is not None
        if work.stage in {Stage.ACCEPT, Stage.HANDLE, Stage.CHECK, Stage.CLOSE}:
            assert work.lead is not None
            assert work.lead not in work.partners

    @invariant()
    def what_may_be_done_is_not_refused_for_the_state(self) -> None:
        """Buttons that are shown work, as far as the state goes."""
        if self.case.state is None:
            return
        incident = self.case.incident
        for who in Who:
            for move in transitions.moves(incident, who):
                assert transitions.can(incident, move)
        plain: dict[str, AnyCommand] = {
            "receive": ask.Receive(),
            "urge": ask.Urge(),
            "take_on": ask.TakeOn(organisation=(incident.work and incident.work.lead) or OFFICE),
            "check": ask.Check(passed=True),
            "confirm": ask.Confirm(),
            "file": ask.File(matter=DRAIN, terms=TERMS),
        }
        for move, command in plain.items():
            refused = self.refusal(command)
            if move in transitions.moves(incident, Who.DESK) + transitions.moves(incident, Who.LEAD):
                assert refused is None, (move, refused)
            elif move != "receive" and not (move == "take_on" and incident.state is State.ACCEPTED):
                assert refused is not None, move

    def refusal(self, command: AnyCommand) -> Rejected | None:
        case = self.case
        try:
            decide(case.state, command, case.now, case.policy, case.staff)  # type: ignore[arg-type]
        except Rejected as refused:
            return refused
        return None

    @invariant()
    def nobody_is_told_twice(self) -> None:
        ids = [notice.id for notice in self.case.told if notice.template != "recall"]
        assert len(ids) == len(set(ids))
        assert all(notice.expires >= notice.not_before for notice in self.case.told)

    @invariant()
    def no_deadline_is_due_again_right_after_it_was_decided(self) -> None:
        case = self.case
        if case.state is None:
            return
        for key in [key for key, due in case.open_keys().items() if due <= case.now]:
            state = case.incident
            for event in decide(state, ask.DeadlineReached(key=key), case.now, case.policy, case.staff):
                state = apply(state.id, state, [event], SYSTEM, case.now, case.now)
            left = deadlines(state, case.policy)
            assert key not in left or left[key] > case.now, f"{key} would spin"

    @invariant()
    def reminders_of_one_stage_are_so_many_and_no_more(self) -> None:
        work = None if self.case.state is None else self.case.incident.work
        if work is not None:
            assert work.overdue <= self.case.policy.reminders.most


TestWholeLife = WholeLife.TestCase
TestWholeLife.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def test_every_row_names_a_command_and_somebody_who_makes_it() -> None:
    tags = {tag(command) for command in _commands()}
    for row in transitions.TRANSITIONS:
        assert row.move in tags, row
        assert row.who, row
        assert row.states, row
    assert tags - UNTOLD == {row.move for row in transitions.TRANSITIONS} - UNTOLD


def _commands() -> list[type[AnyCommand]]:
    return list(ask.Command.__args__)  # type: ignore[attr-defined]


def test_what_only_holds_sometimes_is_named_for_people() -> None:
    assert {row.only for row in transitions.TRANSITIONS} == set(Only)
