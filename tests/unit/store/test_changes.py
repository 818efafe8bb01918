from dataclasses import replace
from datetime import timedelta

from tests.support.response import ANN, BOB, START, attached, change, confirmed, incident_id, notice, opened
from tocsin.core.grids import Tier
from tocsin.core.ids import NoticeId, OrganisationCode, ReportId
from tocsin.core.incidents import Actor, NoticeSettled, Outcome, PartnerJoined, ReportAttached, Routed
from tocsin.core.responders import Channel
from tocsin.store import chain
from tocsin.store.changes import actor_text, batch, waves

OFFICE, FIRE = OrganisationCode("office"), OrganisationCode("fire")


def test_no_incident_stands_twice_in_a_wave_and_its_changes_keep_their_order() -> None:
    first, second = change(1, opened()), change(2, opened())
    again = change(1, attached(), before=first.incident)
    third = change(1, *confirmed(), before=again.incident)
    assert waves([first, second, again, third]) == [[0, 1], [2], [3]]
    assert waves([]) == []


def test_an_incident_without_a_head_begins_and_another_one_changes() -> None:
    begun = change(1, opened())
    made = batch([begun], {}, START)
    assert [row["id"] for row in made.begun] == [incident_id(1)]
    assert made.changed == []
    head = chain.forge(chain.origin(incident_id(1)), made.recorded[0])[-1].hash
    after = batch([change(1, attached(), before=begun.incident)], {incident_id(1): head}, START)
    assert after.begun == []
    assert after.changed[0]["version"] == 2
    assert after.events[0]["prev_hash"] == head
    assert after.changed[0]["head"] == after.events[-1]["hash"]


def test_a_change_without_events_keeps_the_head() -> None:
    begun = change(1, opened())
    made = batch([change(1, before=begun.incident, act="a")], {incident_id(1): b"h" * 32}, START)
    assert made.changed[0]["head"] == b"h" * 32
    assert made.recorded == [[]]
    assert made.acts == [{"incident": incident_id(1), "act": "a"}]


def test_the_list_row_knows_the_earliest_deadline() -> None:
    early, late = START + timedelta(seconds=1), START + timedelta(seconds=9)
    made = batch([change(1, opened(), deadlines={"b": late, "a": early}), change(2, opened())], {}, START)
    assert [row["next_due"] for row in made.begun] == [early, None]
    assert len(made.deadlines) == 2


def test_events_tell_who_was_called_and_what_belongs_to_the_incident() -> None:
    made = batch(
        [
            change(
                1,
                opened(),
                attached(),
                ReportAttached(report=ReportId("r")),
                *confirmed(),
                notices=(notice(1),),
                cancel=True,
            )
        ],
        {},
        START,
    )
    assert made.called == [{"incident": incident_id(1), "person": ANN}]
    assert [row["alarm"] for row in made.attached] == ["alarm-1"]
    assert made.reported == [{"incident": incident_id(1), "report": "r"}]
    assert [row["tier"] for row in made.clocks] == ["village"]
    assert made.notices == [notice(1)]
    assert made.cancelled == [incident_id(1)]


def test_who_is_told_without_a_call_stands_among_the_incidents_people() -> None:
    made = batch([change(1, opened(), *confirmed(), notices=(notice(1), notice(1, person=BOB)))], {}, START)
    assert {row["person"] for row in made.called} == {ANN, BOB}
    assert len(made.called) == 2


def test_an_actor_is_one_word() -> None:
    assert actor_text(Actor("person", "ann")) == "person:ann"
    assert actor_text(Actor("system")) == "system"


def test_organisations_and_who_reported_stand_among_those_whom_it_concerns() -> None:
    route = Routed(matter="0101", organisations=((Tier.VILLAGE, OFFICE), (Tier.CITY, FIRE)))
    by_hand = replace(
        change(1, opened(), ReportAttached(report=ReportId("r")), route, PartnerJoined(organisation=FIRE)),
        actor=Actor("person", BOB),
    )
    made = batch([by_hand], {}, START)
    assert [(row["incident"], row["organisation"]) for row in made.routed] == [
        (incident_id(1), OFFICE),
        (incident_id(1), FIRE),
        (incident_id(1), FIRE),
    ]
    assert made.called == [{"incident": incident_id(1), "person": BOB}]
    assert made.begun[0]["reported_by"] == BOB


def test_the_fate_of_a_notice_concerns_nobody_anew() -> None:
    settled = NoticeSettled(notice=NoticeId("n"), person=BOB, channel=Channel.SMTP, outcome=Outcome.SENT)
    assert batch([change(1, opened(), settled)], {}, START).called == []
