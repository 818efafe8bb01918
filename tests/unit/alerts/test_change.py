from datetime import timedelta

from tests.support.incidents import DEFAULT, INCIDENT, STAFF, START, Case, opening, person
from tocsin.alerts.change import change_of, unsaid
from tocsin.alerts.commands import Accept, Command, Confirm, Reject, SettleNotice
from tocsin.alerts.model import Incident
from tocsin.alerts.ports import Change
from tocsin.core.ids import NoticeId
from tocsin.core.incidents import SYSTEM, NoticeSettled, Outcome, Recorded
from tocsin.core.responders import Channel


def made(incident: Incident | None, *commands: Command, **details: object) -> Change | None:
    return change_of(
        INCIDENT, incident, commands, now=START, policy=DEFAULT, directory=STAFF, actor=SYSTEM, **details
    )


def opened() -> Incident:
    case = Case()
    case.open()
    return case.incident


def test_a_change_is_the_state_its_deadlines_and_whom_to_tell() -> None:
    change = made(None, opening(), Confirm())
    assert change is not None
    assert change.base_version == 0
    assert change.incident.version == len(change.events)
    assert change.deadlines["tier:village"] == START + timedelta(minutes=3)
    assert {notice.template for notice in change.notices} == {"call", "siren"}
    assert not change.cancel


def test_an_ending_takes_the_worth_from_what_was_not_sent() -> None:
    change = made(opened(), Reject(reason_code="false_alarm"))
    assert change is not None
    assert change.cancel
    assert change.deadlines == {}


def test_what_changes_nothing_is_no_change_unless_an_act_must_be_kept() -> None:
    state = opened()
    assert made(state) is None
    kept = made(state, act="tap-1")
    assert kept is not None
    assert (kept.events, kept.act, kept.base_version) == ((), "tap-1", state.version)


def test_a_claim_from_the_future_counts_as_now() -> None:
    case = Case()
    case.open()
    case.confirm()
    change = made(case.incident, Accept(person=person("ve1")), occurred=START + timedelta(hours=1))
    assert change is not None
    assert change.occurred == START


def test_an_outcome_that_the_log_holds_is_not_said_again() -> None:
    def settled(notice: str, outcome: Outcome) -> SettleNotice:
        return SettleNotice(
            notice=NoticeId(notice), person=person("ve1"), channel=Channel.SMTP, outcome=outcome
        )

    known = Recorded(
        incident=INCIDENT,
        version=1,
        event=NoticeSettled(
            notice=NoticeId("1"), person=person("ve1"), channel=Channel.SMTP, outcome=Outcome.SENT
        ),
        actor=SYSTEM,
        occurred=START,
        recorded=START,
    )
    delivered, other = settled("1", Outcome.DELIVERED), settled("2", Outcome.SENT)
    asked = [settled("1", Outcome.SENT), delivered, other, settled("2", Outcome.SENT)]
    assert unsaid([known], asked) == [delivered, other]
