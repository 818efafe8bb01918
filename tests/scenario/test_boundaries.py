"""Every deadline and bound, one millisecond before, at and after its instant, whoever comes first.

The deadlines stand in `boundaries.txt`, one block for each act that meets one; the bounds of claims,
proofs and late data stand here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import pytest

from tests.support.incidents import CLOCKS_ONLY, DEFAULT, GRID, PLACE, START, Case, opening, person, staged
from tests.support.site import NOON, Step, story
from tocsin.alerts import commands as ask
from tocsin.alerts import deadlines as deadlines_module
from tocsin.alerts.correlate import Sign, choose
from tocsin.alerts.decide_arrival import AFTER_END, FUTURE
from tocsin.alerts.late import classify
from tocsin.alerts.ports import OpenIncident
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, NoticeId
from tocsin.core.incidents import Basis, Grade, IncidentEvent, Lateness, Mode, Outcome, UpStage, Verdict
from tocsin.core.responders import Channel

MS: Final = timedelta(milliseconds=1)
VILLAGE: Final = 180.0
TOWNSHIP: Final = 600.0
CITY: Final = 1800.0
EVERYBODY: Final = "+V @ve1 @ve2 +T @to1 +C @ci1"
VILLAGE_ALONE: Final = "+V @ve1 @ve2"
F = TypeVar("F", bound=Callable[..., object])


def opened(lateness: Lateness = Lateness.LIVE, grade: Grade | None = None) -> Case:
    case = Case()
    case.do(opening(lateness=lateness, grade=grade))
    return case


def asked(grade: Grade | None = None) -> Case:
    """Nobody has confirmed for a minute."""
    case = opened(grade=grade)
    case.run_until(60)
    return case


def confirmed(mode: Mode = Mode.STAGED) -> Case:
    case = Case(staged(mode=mode))
    case.open()
    case.confirm()
    return case


def going(mode: Mode = Mode.STAGED) -> Case:
    """Everybody called first is on the way, so that no soft timer is left."""
    case = confirmed(mode)
    for who in sorted(case.incident.calls):
        case.do(ask.Accept(person=who))
    return case


def parallel() -> Case:
    return going(Mode.PARALLEL)


def staggered() -> Case:
    return going(Mode.STAGGERED)


def late() -> Case:
    return opened(Lateness.LATE)


def small() -> Case:
    return asked(Grade.IV)


def silent() -> Case:
    return confirmed()


def all_missed() -> Case:
    case = parallel()
    case.run_until(CITY)
    return case


def one_said_done() -> Case:
    case = parallel()
    case.at(50).arrives("ve1")
    case.at(60).arrives("to1")
    case.arrives("ci1")
    case.do(ask.ReportDone(person=person("ve1")))
    return case


def reminded() -> Case:
    case = one_said_done()
    case.run_until(660)
    return case


def proved() -> Case:
    """The village has proved its arrival; its deadline is yet to come."""
    case = going()
    case.at(50).arrives("ve1")
    return case


def unnamed() -> Case:
    """Confirmed by the policy, all are there, and no named person answers for the grade."""
    case = Case()
    case.open(Kind.CALL)
    return all_there(case)


def unreported() -> Case:
    """Confirmed by Ann, all are there, and the level above has not been told."""
    case = Case()
    case.open()
    case.confirm()
    return all_there(case)


def unevaluated() -> Case:
    """Closed after ten minutes; the policy wants it evaluated within an hour."""
    case = Case(replace(CLOCKS_ONLY, reminders=replace(CLOCKS_ONLY.reminders, evaluate=timedelta(hours=1))))
    case.open()
    case.confirm()
    all_there(case).at(600).do(ask.Close(reason_code="handled"))
    return case


def all_there(case: Case) -> Case:
    case.at(50)
    for who in ("ve1", "to1", "ci1"):
        case.arrives(who)
    return case


def says(
    what: type[ask.See | ask.Accept | ask.AskHelp | ask.SayReal], who: str
) -> Callable[[Case], ask.Command]:
    return lambda _: what(person=person(who))


def arrives(
    who: str, basis: Basis = Basis.POSITION, *, seconds_ago: float | None = None
) -> Callable[[Case], ask.Command]:
    def command(case: Case) -> ask.Command:
        at = None if seconds_ago is None else case.now - timedelta(seconds=seconds_ago)
        where = PLACE if basis is Basis.POSITION else None
        return ask.Arrive(person=person(who), at=at, basis=basis, position=where)

    return command


SITUATIONS: Final[dict[str, Callable[[], Case]]] = {
    "opened": opened,
    "asked": asked,
    "small": small,
    "late": late,
    "silent": silent,
    "going": going,
    "parallel": parallel,
    "staggered": staggered,
    "all missed": all_missed,
    "done": one_said_done,
    "reminded": reminded,
    "proved": proved,
    "unnamed": unnamed,
    "unreported": unreported,
    "unevaluated": unevaluated,
}
ACTS: Final[dict[str, Callable[[Case], ask.Command]]] = {
    "ann confirms": lambda _: ask.Confirm(),
    "ann rejects": lambda _: ask.Reject(reason_code="false_alarm"),
    "ann closes": lambda _: ask.Close(reason_code="handled"),
    "ann calls township": lambda _: ask.Activate(tier=Tier.TOWNSHIP),
    "ann refutes": lambda _: ask.RefuteArrival(tier=Tier.VILLAGE, reason_code="wrong_place"),
    "ann names grade": lambda case: ask.ConfirmGrade(grade=case.incident.grade),
    "ann reports": lambda _: ask.ReportUp(stage=UpStage.INITIAL),
    "ann evaluates": lambda _: ask.Evaluate(),
    "a second agrees": lambda _: ask.AttachAlarm(
        alarm=AlarmId("alarm-2"), device=DeviceId("box/smoke-1"), kind=Kind.SMOKE, severity=0.5
    ),
    "ve1 is there": arrives("ve1"),
    "to1 is there": arrives("to1"),
    "ci1 is there": arrives("ci1"),
    "ve1 says there": arrives("ve1", Basis.DECLARED),
    "ve1 was there": arrives("ve1", seconds_ago=10),
    "ve1 sees": says(ask.See, "ve1"),
    "ve1 goes": says(ask.Accept, "ve1"),
    "ve1 refuses": lambda _: ask.Refuse(person=person("ve1"), reason_code="ill"),
    "ve1 asks help": says(ask.AskHelp, "ve1"),
    "ve1 unreachable": lambda _: ask.SettleNotice(
        notice=NoticeId("n"), person=person("ve1"), channel=Channel.WECOM_BOT, outcome=Outcome.FAILED
    ),
}


@dataclass(frozen=True)
class Row:
    """One act that meets one deadline, and what the log says of both, by order and offset."""

    situation: str
    key: str
    due: float
    act: str
    expected: tuple[tuple[str, str], ...]
    """Before, at and after: the deadline first, the act first."""

    def __str__(self) -> str:
        return f"{self.situation}: {self.act} meets {self.key}"


def _rows() -> list[Row]:
    lines = Path(__file__).with_name("boundaries.txt").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if line.count("|") == 5]
    return [
        Row(one[0], *_due(one[1]), one[2], ((one[4], one[5]), (two[4], two[5]), (three[4], three[5])))
        for one, two, three in zip(cells[1::3], cells[2::3], cells[3::3], strict=True)
    ]


def _due(cell: str) -> tuple[str, float]:
    key, _, seconds = cell.rpartition(" ")
    return key, float(seconds)


ROWS: Final = _rows()


def spell(event: IncidentEvent) -> str | None:
    """Give an event as the table writes it; None for what only notes the act itself."""
    match event:
        case happened.VerdictGiven():
            return f"{event.tier[0].upper()}={event.verdict}"
        case happened.TierActivated():
            return f"+{event.tier[0].upper()}"
        case happened.Called():
            return f"@{event.person}"
        case happened.Confirmed():
            return f"confirmed:{event.basis}"
        case happened.ConfirmationOverdue():
            return f"asked:{event.step}"
        case happened.Reminded():
            return f"reminded:{event.step}"
        case happened.StandBy():
            return f"standby:{event.tier[0].upper()}"
        case happened.Rejected() | happened.Closed() | happened.Evaluated():
            return "end"
        case _:
            return None


def does(case: Case, command: ask.Command) -> list[str]:
    try:
        events = case.do(command)
    except Rejected as rejected:
        return [f"!{rejected.code}"]
    return [word for event in events if (word := spell(event)) is not None]


def meet(row: Row, offset: timedelta, *, deadline_first: bool) -> str:
    case = SITUATIONS[row.situation]()
    if row.key.startswith("tier:"):
        case.run_until(row.due - 1)
    case.now = START + timedelta(seconds=row.due) + offset
    steps = [lambda: ask.DeadlineReached(key=row.key), lambda: ACTS[row.act](case)]
    said: list[str] = []
    for step in steps if deadline_first else reversed(steps):
        said += does(case, step())
    return (" ".join(said) or "-").replace(EVERYBODY, "all called").replace(VILLAGE_ALONE, "V called")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_before_at_and_after_the_deadline_whoever_is_first(row: Row) -> None:
    assert SITUATIONS[row.situation]().due()[row.key] == row.due
    found = tuple(
        (meet(row, offset, deadline_first=True), meet(row, offset, deadline_first=False))
        for offset in (-MS, timedelta(), MS)
    )
    assert found[0][0] == found[0][1], "a deadline acted early"
    assert found == row.expected


def test_every_kind_of_deadline_stands_in_the_table() -> None:
    named = {row.key.partition(":")[0] for row in ROWS}
    known = {key.partition(":")[0] for made in SITUATIONS.values() for key in made().due()}
    described = set(re.findall(r"`([a-z_]+):<", deadlines_module.__doc__ or ""))
    assert named == known == described


# The bounds of what is claimed, proved, and heard of too late.

BEFORE_AT_AFTER: Final = (-MS, timedelta(), MS)


def bound(*expected: str | bool | None) -> Callable[[F], F]:
    return pytest.mark.parametrize(("offset", "expected"), list(zip(BEFORE_AT_AFTER, expected, strict=True)))


@bound(Lateness.LIVE, Lateness.LIVE, Lateness.LATE)
@pytest.mark.parametrize(("kind", "limit"), [(Kind.SMOKE, 120), (Kind.CALL, 1800)])
def test_late_is_older_than_the_bound(kind: Kind, limit: float, offset: timedelta, expected: str) -> None:
    assert classify(timedelta(seconds=limit) + offset, kind, DEFAULT, raised=True) is expected


@bound("!arrive.before", "V=arrived", "V=arrived")
def test_a_claim_lies_at_most_so_long_before_the_incident(offset: timedelta, expected: str) -> None:
    case = going()
    command = ask.Arrive(
        person=person("ve1"), at=START - DEFAULT.claim_before + offset, basis=Basis.TAG, proof="tag-1"
    )
    assert does(case.at(60), command) == [expected]


@bound("V=arrived", "V=arrived", "!arrive.future")
def test_a_phone_may_run_ahead_by_two_minutes(offset: timedelta, expected: str) -> None:
    case = going().at(60)
    at = case.now + FUTURE + offset
    assert does(case, ask.Arrive(person=person("ve1"), at=at, basis=Basis.TAG)) == [expected]


@bound("V=arrived", "V=arrived", "!incident.closed")
def test_a_claim_of_what_was_before_the_end_may_come_two_hours_after(
    offset: timedelta, expected: str
) -> None:
    case = going()
    case.at(100).do(ask.Close(reason_code="handled"))
    case.now = START + timedelta(seconds=100) + AFTER_END + offset
    at = START + timedelta(seconds=90)
    found = does(case, ask.Arrive(person=person("ve1"), at=at, basis=Basis.TAG))
    assert found == [expected]


@bound(False, False, True)
def test_nobody_arrives_after_the_end(offset: timedelta, expected: bool) -> None:  # noqa: FBT001
    case = going()
    case.at(100).do(ask.Close(reason_code="handled"))
    end = case.now
    found = does(case.at(200), ask.Arrive(person=person("ve1"), at=end + offset, basis=Basis.TAG))
    assert ("!incident.closed" in found) is expected


@bound("V=arrived", "V=arrived", "V=missed")
def test_a_claim_of_the_limit_itself_is_in_time_whenever_it_is_heard(
    offset: timedelta, expected: str
) -> None:
    case = going()
    case.run_until(VILLAGE)
    case.at(400)
    at = START + timedelta(seconds=VILLAGE) + offset
    case.do(ask.Arrive(person=person("ve1"), at=at, basis=Basis.TAG))
    final = case.incident.clocks[Tier.VILLAGE].verdict
    assert final is (Verdict.ARRIVED if expected == "V=arrived" else Verdict.LATE)


@bound("V=arrived", "V=arrived", None)
def test_an_old_position_is_worth_a_word(offset: timedelta, expected: str | None) -> None:
    age = (DEFAULT.proofs.position_age + offset).total_seconds()
    command = ask.Arrive(person=person("ve1"), basis=Basis.POSITION, position=PLACE, age_s=age)
    assert does(going().at(60), command) == ([expected] if expected else [])


@pytest.mark.parametrize("sign", [-1, 1])
@bound("V=arrived", "V=arrived", None)
def test_a_camera_proves_what_was_said_within_five_minutes(
    sign: int, offset: timedelta, expected: str | None
) -> None:
    """`sign`: the camera sees after (1) or before (-1) somebody says that they are there."""
    slow = replace(staged(), windows={tier: timedelta(hours=hours) for hours, tier in enumerate(TIERS, 1)})
    case = Case(slow)
    case.open()
    case.confirm()
    said = ask.Arrive(person=person("ve1"), basis=Basis.DECLARED)
    apart = DEFAULT.proofs.camera + offset
    first, second = case.now + timedelta(seconds=30), case.now + timedelta(seconds=30) + apart
    seen_at = second if sign > 0 else first
    sees = ask.CameraSees(device=DeviceId("box/cam-1"), at=seen_at, proof="d")
    leaves = ask.CameraSees(device=DeviceId("box/cam-1"), at=seen_at, gone=True, proof="d")
    found: list[str] = []
    for at, commands in (
        ((first, (said,)), (second, (sees, leaves)))
        if sign > 0
        else (
            (first, (sees, leaves)),
            (second, (said,)),
        )
    ):
        case.now = at
        for command in commands:
            found += [word for word in does(case, command) if "=" in word]
    assert found == ([expected] if expected else [])


@bound("-", "-", "V=missed +T @to1")
def test_a_refuted_proof_leaves_the_clock_as_if_it_had_never_been(offset: timedelta, expected: str) -> None:
    case = proved()
    case.now = START + timedelta(seconds=VILLAGE) + offset
    said = [word for word in does(case, ACTS["ann refutes"](case)) if not word.startswith("@ve")]
    assert (" ".join(said) or "-") == expected
    case.run_until(VILLAGE + 1)
    assert case.incident.clocks[Tier.VILLAGE].verdict is Verdict.MISSED


@bound(600, 600, 600)
def test_what_is_done_within_the_punctual_bound_counts_from_its_instant(
    offset: timedelta, expected: float
) -> None:
    case = going()
    case.now = START + timedelta(seconds=VILLAGE) + DEFAULT.punctual + offset
    case.reach("tier:village")
    village, township = case.incident.clocks[Tier.VILLAGE], case.incident.clocks[Tier.TOWNSHIP]
    outage = offset > timedelta()
    share = timedelta(seconds=TOWNSHIP - VILLAGE)
    assert village.cause.startswith("system:outage") is outage
    assert township.due == (case.now + share if outage else START + timedelta(seconds=expected))


@pytest.mark.parametrize(("kind", "minutes"), [(Kind.SMOKE, 15), (Kind.FLOOD, 120), (Kind.CALL, 5)])
@pytest.mark.parametrize("sign", [-1, 1])
@bound(True, True, False)
def test_a_sign_within_the_span_of_its_family_belongs_to_the_incident(
    kind: Kind,
    minutes: float,
    sign: int,
    offset: timedelta,
    expected: bool,  # noqa: FBT001
) -> None:
    incident = OpenIncident(
        id=IncidentId("42"), kind=kind, grid=GRID, place=PLACE, began=START, last_alarm=START, devices=()
    )
    at = START + sign * (timedelta(minutes=minutes) + offset)
    found = choose(Sign(kind=kind, grid=GRID, place=PLACE, at=at), [incident], DEFAULT)
    assert (found is not None) is expected


@bound(1, 2, 2)
async def test_a_condition_must_have_been_clear_for_the_whole_rest_to_open_again(
    offset: timedelta, expected: int
) -> None:
    async with story() as site:
        await site.at("00:00").sees("cam-1")
        await site.at("00:10").rejects("ann").state("rejected")
        await site.at("01:00").sees_no_more("cam-1")
        await (
            Step(site, NOON + timedelta(minutes=1) + DEFAULT.rearm + offset).sees("cam-1").incidents(expected)
        )
