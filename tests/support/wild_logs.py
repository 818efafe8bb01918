"""Logs of incidents to which anything has happened in any order, made by the real rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tocsin.alerts import commands as ask
from tocsin.bench.town_logs import BUREAU, DESK, GRID, MATTERS, OFFICE, TERMS, Life, policy_of_shipped, staff
from tocsin.core.detections import Kind
from tocsin.core.grids import TIERS
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, NoticeId, PolicyId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    Basis,
    Grade,
    Lateness,
    Outcome,
    Recorded,
    Service,
    Source,
    UpStage,
)
from tocsin.core.responders import Channel

POLICY = policy_of_shipped()
PEOPLE = [one.person for one in staff().responders]
REJECTIONS = ["false_alarm", "test", "duplicate", "nothing_here", "elsewhere"]


def wild(
    random: Random, name: str, opened: datetime, *, drill: bool = False, acts: int = 20
) -> list[Recorded]:
    """Let anybody do anything; what the rules refuse has not happened."""
    life = Life(name, opened, POLICY, staff())
    by_hand = random.random() < 0.5
    life.do(
        ask.Open(
            kind=random.choice([Kind.SMOKE, Kind.CALL, Kind.FLOOD, Kind.OTHER]),
            severity=random.random(),
            grade=random.choice([None, *Grade]),
            grid=GRID,
            device=None if by_hand else DeviceId(f"box/cam-{random.randint(1, 3)}"),
            began=opened - timedelta(seconds=random.choice([0, 5, 600])),
            lateness=random.choice([Lateness.LIVE] * 4 + [Lateness.LATE, Lateness.RETROSPECTIVE]),
            policy=PolicyId("default@1"),
            drill=drill,
            alarm=None if by_hand else AlarmId("alarm-0"),
            source=random.choice(
                [Source.CITIZEN, Source.MEMBER, Source.HOTLINE] if by_hand else list(Source)[:3]
            ),
            reported=by_hand and random.random() < 0.7,
            matter=random.choice(["", *MATTERS]),
        )
    )
    # Half of them go on as they should, the other half as they like: chance alone closes hardly any.
    plan = [*_usual(random)] if random.random() < 0.6 else []
    for _ in range(random.randint(0, acts)):
        life.wait(random.choice([0, 1, 7, 45, 90, 200, 900, 7200, 86_400, 300_000]))
        actor = random.choice([DESK, DESK, SYSTEM, Actor("person", random.choice(PEOPLE))])
        command = plan.pop(0) if plan and random.random() < 0.6 else _anything(random, life)
        life.do(command, actor)
    return life.log


def _usual(random: Random) -> list[ask.Command]:
    lead = random.choice([OFFICE, BUREAU])
    end = random.choice(["handled", "no_action", "transferred"])
    after = [ask.Close(reason_code=end), ask.CallBack(reached=True, satisfaction=random.randint(1, 5))]
    if random.random() < 0.5:
        return [ask.Confirm(), ask.ReportDone(person=PEOPLE[0]), *after]
    return [
        ask.Receive(),
        ask.File(matter=random.choice(MATTERS), terms=TERMS),
        ask.Dispatch(lead=lead),
        ask.TakeOn(organisation=lead),
        ask.FinishWork(organisation=lead),
        ask.Check(passed=random.random() < 0.8, reason_code="not_done"),
        *after,
    ]


def _anything(random: Random, life: Life) -> ask.Command:
    who, tier = random.choice(PEOPLE), random.choice(TIERS)
    lead, grade = random.choice([OFFICE, BUREAU]), random.choice(list(Grade))
    return random.choice(
        [
            ask.See(person=who),
            ask.Accept(person=who),
            ask.Refuse(person=who, reason_code="ill"),
            ask.AskHelp(person=who),
            ask.SayReal(person=who),
            ask.SayNothingHere(person=who),
            ask.ReportDone(person=who),
            ask.Arrive(
                person=who,
                basis=random.choice([Basis.TAG, Basis.DECLARED, Basis.OPERATOR]),
                at=life.now - timedelta(seconds=random.choice([0, 0, 30, 300])),
            ),
            ask.Arrive(tier=tier, basis=Basis.OPERATOR),
            ask.RefuteArrival(tier=tier, reason_code="mistake"),
            ask.Confirm(grade=random.choice([None, grade])),
            ask.ChangeGrade(grade=grade),
            ask.ConfirmGrade(grade=grade),
            ask.Activate(tier=tier),
            ask.AttachAlarm(
                alarm=AlarmId(f"alarm-{random.randint(1, 3)}"),
                device=DeviceId(f"box/cam-{random.randint(1, 3)}"),
                kind=Kind.SMOKE,
                severity=0.9,
                late=random.random() < 0.5,
            ),
            ask.SettleNotice(
                notice=NoticeId("n"),
                person=who,
                channel=random.choice([Channel.WECOM_BOT, Channel.SMTP]),
                outcome=random.choice(list(Outcome)),
            ),
            ask.Reject(reason_code=random.choice(REJECTIONS)),
            ask.Merge(into=IncidentId("another")),
            ask.Close(reason_code=random.choice(["handled", "no_action", "transferred"])),
            ask.Receive(),
            ask.File(matter=random.choice(MATTERS), terms=TERMS),
            ask.Dispatch(lead=random.choice([None, lead])),
            ask.TakeOn(organisation=lead),
            ask.BeginWork(organisation=lead),
            ask.FinishWork(organisation=lead),
            ask.Return(organisation=lead, reason_code="not_ours"),
            ask.Join(organisation=lead),
            ask.HandUp(reason_code="beyond_means"),
            ask.AskExtension(organisation=lead, until=life.now + timedelta(days=9), reason_code="weather"),
            ask.AnswerExtension(granted=random.random() < 0.5),
            ask.Urge(),
            ask.Supervise(reason_code="important"),
            ask.Check(passed=random.random() < 0.5, reason_code="not_done"),
            ask.Reopen(
                reason_code=random.choice(["recurred", "wrongly_rejected", "unsatisfied"]), terms=TERMS
            ),
            ask.Transfer(service=Service.FIRE, reason_code="their_task"),
            ask.CallBack(reached=random.random() < 0.7, satisfaction=random.choice([None, 1, 3, 4, 5])),
            ask.Evaluate(),
            ask.ReportUp(stage=random.choice(list(UpStage))),
        ]
    )
