from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from tests.support.cases import SANITATION, TERMS, TOWN, WATER, WorkCase
from tests.support.incidents import PLACE, START, Case, directory, opening, person, responder, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.decide_arrival import SIGHTINGS_MAX
from tocsin.alerts.incident import apply
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, OrganisationCode
from tocsin.core.incidents import (
    SYSTEM,
    Arrived,
    Basis,
    Called,
    Grade,
    IncidentEvent,
    Mode,
    NothingFound,
    Sighted,
    State,
    TierActivated,
    Verdict,
    VerdictGiven,
)

CAMERA = DeviceId("box/cam-1")
FAR = Position(30.4, 119.9, 15.0)
TWO_DEPARTMENTS = directory(
    responder("ve1", Tier.VILLAGE, 1),
    responder("to1", Tier.TOWNSHIP, 1),
    responder("fire", Tier.CITY, 1),
    responder("water", Tier.CITY, 2),
)


def confirmed(**details: object) -> Case:
    case = Case(staged())
    case.do(opening(**details))  # type: ignore[arg-type]
    case.do(
        ask.AttachAlarm(
            alarm=AlarmId("alarm-1"), device=CAMERA, kind=Kind.SMOKE, severity=0.5, reason_code="seen"
        )
    )
    case.confirm()
    return case


def arrival(events: list[IncidentEvent]) -> Arrived:
    (found,) = (event for event in events if isinstance(event, Arrived))
    return found


def shows(case: Case, **details: object) -> Arrived:
    return arrival(case.do(ask.Arrive(person=person("ve1"), basis=Basis.POSITION, **details)))  # type: ignore[arg-type]


def sees(case: Case, at: float, *, gone: bool = False, device: DeviceId = CAMERA) -> list[IncidentEvent]:
    there = START + timedelta(seconds=at)
    return case.at(at).do(ask.CameraSees(device=device, at=there, gone=gone, proof=f"seen-{at}"))


def refutes(case: Case, tier: Tier = Tier.VILLAGE, reason: str = "wrong_place") -> list[IncidentEvent]:
    return case.do(ask.RefuteArrival(tier=tier, reason_code=reason))


# A position has a distance, an accuracy and an age.


@pytest.mark.parametrize(
    ("details", "basis"),
    [
        ({"age_s": 90.0}, Basis.POSITION),
        ({"age_s": 90.5}, Basis.DECLARED),
        ({"mock": True}, Basis.DECLARED),
        ({"position": Position(30.3, 119.9, 200.0)}, Basis.POSITION),
        ({"position": Position(30.3, 119.9, 200.5)}, Basis.DECLARED),
    ],
)
def test_old_vague_or_made_up_position_is_worth_a_word(details: dict[str, object], basis: Basis) -> None:
    case = confirmed().at(60)
    found = shows(case, **{"position": PLACE, **details})
    assert (found.basis, found.accepted) == (basis, basis is Basis.POSITION)
    assert case.verdicts() == {"village": "arrived" if found.accepted else None}


def test_figures_of_a_position_stand_in_the_log_and_the_position_does_not() -> None:
    found = shows(confirmed().at(60), position=Position(30.3009, 119.9, 12.0), age_s=4.0)
    assert (found.distance_m, found.accuracy_m, found.age_s) == (100.1, 12.0, 4.0)
    assert "30.3" not in repr(found)


def test_grid_alone_takes_its_centre_for_the_place_and_its_radius_for_near() -> None:
    case = Case(staged())
    case.do(
        ask.Open(**{**_fields(opening(place=None, alarm=None)), "centre": PLACE, "radius_m": 300.0})  # type: ignore[arg-type]
    )
    case.confirm()
    assert (case.incident.place, case.incident.centre) == (None, PLACE)
    assert not shows(case.at(50), position=Position(30.303, 119.9, 10.0)).accepted
    assert shows(case.at(60), position=Position(30.302, 119.9, 10.0)).accepted


def _fields(command: ask.Open) -> dict[str, object]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


# A tag and a photo.


@pytest.mark.parametrize("basis", [Basis.TAG, Basis.PHOTO])
def test_tag_and_photo_stop_the_clock_and_are_noted_beside_a_position_once(basis: Basis) -> None:
    case = confirmed()
    case.at(50).arrives("ve1")
    better = ask.Arrive(person=person("ve1"), basis=basis, proof="proof-1")
    assert arrival(case.at(60).do(better)).proof == "proof-1"
    assert case.at(70).do(better) == []
    assert case.incident.calls[person("ve1")].shown == (Basis.POSITION, basis)
    other = confirmed()
    other.at(60).do(better)
    assert other.incident.clocks[Tier.VILLAGE].basis is basis


# The camera that raised the alarm.


@pytest.mark.parametrize(("word", "seen", "accepted"), [(60, 120, True), (60, 361, False), (100, 30, True)])
def test_camera_and_word_prove_together_in_either_order(word: float, seen: float, *, accepted: bool) -> None:
    case = confirmed()
    for at in sorted((word, seen)):
        if at == word:
            case.at(at).arrives("ve1", basis=Basis.DECLARED)
        else:
            sees(case, at)
    assert (Tier.VILLAGE in case.incident.arrivals) is accepted
    if accepted:
        clock = case.incident.clocks[Tier.VILLAGE]
        assert (clock.basis, clock.at) == (Basis.CAMERA, START + timedelta(seconds=max(word, seen)))


def test_word_said_while_the_person_is_still_in_sight_is_proved() -> None:
    case = confirmed()
    sees(case, 10)
    found = arrival(case.at(600).arrives("ve1", basis=Basis.DECLARED))
    assert (found.basis, found.proof) == (Basis.CAMERA, "seen-10")


def test_word_said_long_after_the_camera_saw_them_go_is_a_word() -> None:
    case = confirmed()
    sees(case, 10)
    sees(case, 20, gone=True)
    assert arrival(case.at(321).arrives("ve1", basis=Basis.DECLARED)).basis is Basis.DECLARED
    assert arrival(case.at(322).arrives("ve1", at=320, basis=Basis.SCENE)).basis is Basis.CAMERA


def test_camera_writes_the_beginning_and_the_end_of_a_sighting_only() -> None:
    case = confirmed()
    assert sees(case, 9, gone=True) == []
    assert [type(event) for event in sees(case, 10)] == [Sighted]
    assert sees(case, 11) == []
    assert [type(event) for event in sees(case, 20, gone=True)] == [Sighted]
    for second in range(30, 30 + 4 * SIGHTINGS_MAX, 2):
        sees(case, second)
        sees(case, second + 1, gone=True)
    assert len(case.incident.sightings) == SIGHTINGS_MAX


def test_camera_proves_nothing_of_another_place_before_confirmation_or_once_all_are_there() -> None:
    case = confirmed()
    assert sees(case, 10, device=DeviceId("box/cam-2")) == []
    late = ask.CameraSees(device=CAMERA, at=START - timedelta(seconds=1))
    assert case.at(20).do(late) == []
    case.at(30).arrives("ve1")
    assert sees(case, 40) == []


def test_camera_proves_nothing_where_the_alarm_itself_is_about_a_person() -> None:
    case = confirmed(kind=Kind.INTRUSION)
    assert sees(case, 10) == []


# Nothing here.


def test_word_that_nothing_is_there_is_noted_once_when_people_are_on_their_way() -> None:
    case = confirmed()
    nothing = ask.SayNothingHere(person=person("ve1"))
    assert case.at(30).do(nothing) == [NothingFound(person=person("ve1"), tier=Tier.VILLAGE)]
    assert case.at(31).do(nothing) == []
    assert case.incident.state.open


@pytest.mark.parametrize("grade", [Grade.I, Grade.IV])
def test_word_that_nothing_is_there_ends_what_nobody_has_confirmed(grade: Grade) -> None:
    case = Case(staged())
    case.open(grade=grade)
    case.at(30).do(ask.SayNothingHere(person=person("ve1")))
    assert case.incident.state is State.REJECTED


@pytest.mark.parametrize(("where", "state"), [(PLACE, State.REJECTED), (FAR, State.RECEIVED)])
def test_nothing_here_with_a_proof_rejects_and_calls_nobody(where: Position, state: State) -> None:
    case = Case(staged())
    case.open()
    case.at(30).do(ask.SayNothingHere(person=person("ve1"), basis=Basis.POSITION, position=where))
    assert (case.incident.state, case.incident.confirmed) == (state, None)
    assert case.incident.calls.keys() <= {person("ve1")}


def test_nothing_here_with_a_proof_stops_the_clock_of_the_one_who_looked() -> None:
    case = confirmed()
    case.at(60).do(ask.SayNothingHere(person=person("ve1"), basis=Basis.POSITION, position=PLACE))
    assert (case.incident.state, case.verdicts()) == (State.REJECTED, {"village": "arrived"})


# A proof that does not hold.


def test_refuted_proof_lets_the_clock_run_again_and_its_people_are_called_again() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    told = len(case.told)
    refutes(case.at(70))
    assert (case.verdicts(), case.incident.state) == ({"village": None}, State.VERIFIED)
    assert ("call", "ve1") in [(one.template, str(one.person)) for one in case.told[told:]]
    again = [r.event for r in case.log if isinstance(r.event, Called) and r.event.reason_code == "refuted"]
    assert {one.person for one in again} == {person("ve1"), person("ve2")}
    assert case.due()["tier:village"] == 180
    case.run_until(180)
    assert case.verdicts() == {"village": "missed", "township": None}


def test_refuted_proof_of_a_tier_that_nobody_called_calls_its_first_people() -> None:
    case = Case(staged())
    case.open()
    case.at(20).arrives("ve1")
    refutes(case.at(30))
    assert {p for p, call in case.incident.calls.items() if call.channels} == {person("ve1"), person("ve2")}


def test_proof_refuted_after_the_deadline_leaves_a_miss_that_names_what_it_revises() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    refutes(case.at(200))
    given = [r.event for r in case.log if isinstance(r.event, VerdictGiven)]
    assert [(one.verdict, one.revises, one.cause) for one in given] == [
        (Verdict.ARRIVED, None, ""),
        (Verdict.MISSED, Verdict.ARRIVED, "people:refuted"),
    ]
    assert case.verdicts() == {"village": "missed", "township": None}


@pytest.mark.parametrize("refuted_at", [180, 180.001])
def test_proof_refuted_at_the_deadline_itself_is_missed_by_the_deadline(refuted_at: float) -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    refutes(case.at(refuted_at))
    case.run_until(181)
    assert case.verdicts()["village"] == "missed"


def test_tier_that_a_refuted_proof_had_called_off_is_called_again_with_its_own_time() -> None:
    case = confirmed()
    case.run_until(180)
    case.at(190).do(ask.Accept(person=person("to1")))
    case.at(200).arrives("ve1", at=170)
    assert case.verdicts() == {"village": "arrived", "township": "stood_down"}
    refutes(case.at(900))
    assert case.incident.calls[person("to1")].accepted is None, "who was called off has turned round"
    clock = case.incident.clocks[Tier.TOWNSHIP]
    assert (clock.verdict, clock.activated) == (None, START + timedelta(seconds=900))
    assert clock.due > case.now
    called = [r.event for r in case.log if isinstance(r.event, TierActivated)]
    assert [one.tier for one in called].count(Tier.TOWNSHIP) == 2


def test_timely_proof_calls_off_the_whole_chain_of_misses_and_its_refutation_calls_it_again() -> None:
    case = confirmed()
    case.run_until(700)
    assert case.verdicts() == {"village": "missed", "township": "missed", "city": None}
    case.at(720).arrives("ve1", at=170)
    assert case.verdicts() == {"village": "arrived", "township": "missed", "city": "stood_down"}
    assert ("recall", "ci1") in case.templates()
    refutes(case.at(730))
    assert case.verdicts() == {"village": "missed", "township": "missed", "city": None}


def test_one_city_department_stops_the_citys_clock_and_the_other_is_called_off_until_it_is_refuted() -> None:
    both = staged()
    case = Case(replace(both, call_together={**both.call_together, Tier.CITY: 2}), TWO_DEPARTMENTS)
    case.open()
    case.confirm()
    case.do(ask.Activate(tier=Tier.CITY))
    assert {"fire", "water"} <= set(case.incident.calls)
    case.at(100).do(ask.Arrive(person=person("fire"), basis=Basis.TAG, proof="p"))
    assert case.verdicts()["city"] == "arrived"
    assert ("recall", "water") in case.templates()
    told = len(case.told)
    refutes(case.at(110), Tier.CITY)
    assert {str(one.person) for one in case.told[told:] if one.template == "call"} == {"fire", "water"}


def test_refuted_proof_after_the_end_changes_the_record_and_calls_nobody() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    case.at(100).do(ask.Close(reason_code="handled"))
    told = len(case.told)
    refutes(case.at(5000))
    assert case.verdicts() == {"village": "stood_down"}
    late = confirmed()
    late.at(60).arrives("ve1")
    late.at(200).do(ask.Close(reason_code="handled"))
    refutes(late.at(5000))
    assert late.verdicts() == {"village": "missed"}
    assert (len(case.told), late.due()) == (told, {})


@pytest.mark.parametrize(
    ("reason", "arrived", "code"), [("whim", True, "refute.reason"), ("mistake", False, "refute.nothing")]
)
def test_refutation_needs_a_known_reason_and_a_proof(reason: str, code: str, *, arrived: bool) -> None:
    case = confirmed()
    if arrived:
        case.at(60).arrives("ve1")
    with pytest.raises(Rejected) as caught:
        refutes(case.at(70), reason=reason)
    assert caught.value.code == code


def test_later_proof_restores_what_a_refutation_took() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    refutes(case.at(200))
    case.at(210).do(
        ask.Arrive(person=person("ve1"), basis=Basis.PHOTO, at=START + timedelta(seconds=100), proof="p")
    )
    assert case.verdicts() == {"village": "arrived", "township": "stood_down"}


def test_policy_without_a_proof_in_its_list_does_not_count_it() -> None:
    strict = staged()
    strict = replace(strict, stops={**strict.stops, Tier.VILLAGE: frozenset({Basis.PHOTO})})
    case = Case(strict)
    case.open()
    case.confirm()
    case.at(50).arrives("ve1")
    case.at(60).do(ask.Arrive(person=person("ve1"), basis=Basis.TAG, proof="p"))
    assert case.verdicts() == {"village": None}
    case.at(70).do(ask.Arrive(person=person("ve1"), basis=Basis.PHOTO, proof="p"))
    assert case.verdicts() == {"village": "arrived"}


def test_a_phone_that_runs_ahead_arrives_now() -> None:
    case = Case()
    case.open()
    case.confirm()
    ahead = case.at(60).now + timedelta(seconds=90)
    case.do(ask.Arrive(person=person("ve1"), at=ahead, basis=Basis.TAG, proof="tag-1"))
    assert case.incident.arrivals[Tier.VILLAGE] == case.now


def test_the_earliest_arrival_of_a_tier_counts_whoever_comes_later() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(50).arrives("ve1")
    first = case.now
    case.at(70).do(ask.Arrive(person=person("ve2"), basis=Basis.TAG, proof="tag-1"))
    assert case.incident.calls[person("ve2")].arrived == case.now
    assert case.incident.arrivals[Tier.VILLAGE] == first


def city(code: OrganisationCode | None = None) -> WorkCase:
    """A drain that overflows: the city's water department answers for it; all tiers are called."""
    case = WorkCase(staged(mode=Mode.PARALLEL))
    case.do(opening(Kind.FLOOD))
    case.confirm()
    if code is not None:
        case.do(ask.Dispatch(lead=code))
    return case


def test_of_several_departments_only_the_one_of_the_route_satisfies_the_city() -> None:
    case = city()
    case.at(60).arrives("sa1")
    said = [event.event for event in case.log if isinstance(event.event, Arrived)]
    assert [(one.accepted, one.reason_code) for one in said] == [(False, "other_department")]
    assert case.verdicts()["city"] is None
    case.at(90).arrives("wa1")
    assert case.verdicts()["city"] == "arrived"


def test_a_department_that_was_given_it_satisfies_the_city_too() -> None:
    case = city(SANITATION)
    case.at(60).arrives("sa1")
    assert case.verdicts()["city"] == "arrived"


def test_where_nobody_of_the_department_is_on_duty_any_satisfies_the_city() -> None:
    staff = structs.replace(TOWN, responders=tuple(one for one in TOWN.responders if one.department != WATER))
    case = WorkCase(staged(mode=Mode.PARALLEL), staff)
    case.do(opening(Kind.FLOOD))
    case.confirm()
    case.at(60).arrives("sa1")
    assert case.verdicts()["city"] == "arrived"


def test_without_organisations_any_department_satisfies_the_city() -> None:
    case = WorkCase(staged(mode=Mode.PARALLEL), structs.replace(TOWN, organisations=()))
    case.do(opening(Kind.FLOOD))
    case.confirm()
    case.at(60).arrives("sa1")
    assert case.verdicts()["city"] == "arrived"


def test_other_tiers_are_satisfied_by_their_own_people_whatever_the_route() -> None:
    case = city()
    case.at(60).arrives("ve1")
    case.at(70).arrives("to1")
    assert (case.verdicts()["village"], case.verdicts()["township"]) == ("arrived", "arrived")


def test_the_operators_word_for_the_city_counts() -> None:
    case = city()
    case.at(60).do(ask.Arrive(tier=Tier.CITY, basis=Basis.OPERATOR))
    assert case.verdicts()["city"] == "arrived"


@pytest.mark.parametrize(
    "command",
    [
        ask.Arrive(person=person("ve1"), basis=Basis.TAG),
        ask.SayReal(person=person("ve1")),
        ask.SayNothingHere(person=person("ve1")),
        ask.SayNothingHere(person=person("ve1"), basis=Basis.TAG),
    ],
)
def test_who_looks_at_a_case_neither_confirms_nor_ends_it(command: ask.Command) -> None:
    case = WorkCase().dispatched()
    assert case.do(command)
    assert (case.incident.state, case.incident.confirmed, case.incident.arrivals) == (
        State.DISPATCHED,
        None,
        {},
    )


def reopened() -> WorkCase:
    """Give an emergency of grade IV that was closed, and goes on as a case."""
    case = WorkCase()
    case.open()
    case.confirm(Grade.IV)
    case.at(90).do(ask.Close(reason_code="handled"))
    case.at(100).do(ask.Reopen(reason_code="recurred", terms=TERMS))
    return case


def test_who_comes_to_a_case_that_was_taken_on_does_not_begin_its_handling() -> None:
    case = reopened()
    case.do(ask.Dispatch(lead=SANITATION))
    case.do(ask.TakeOn(organisation=SANITATION))
    came = happened.Arrived(
        tier=Tier.VILLAGE, person=person("ve1"), at=case.now, basis=Basis.TAG, accepted=True
    )
    after = apply(case.incident.id, case.incident, [came], SYSTEM, case.now, case.now)
    assert after.state is State.ACCEPTED


def test_a_worse_grade_of_a_reopened_emergency_starts_no_clock() -> None:
    case = reopened()
    before = case.verdicts()
    case.at(110).do(ask.ChangeGrade(grade=Grade.I))
    assert case.verdicts() == before


def test_who_asks_for_help_at_a_case_makes_it_an_emergency() -> None:
    case = WorkCase(staged()).dispatched()
    case.do(ask.AskHelp(person=person("ve1")))
    assert case.incident.state is State.VERIFIED
    assert case.incident.clocks


def test_an_emergency_that_was_a_case_waits_for_people_anew() -> None:
    case = WorkCase(staged()).filed()
    case.do(ask.Arrive(person=person("ve1"), basis=Basis.TAG))
    case.at(86400)
    case.confirm(Grade.IV)
    assert case.verdicts() == {"village": None}
    assert case.incident.calls[person("ve1")].arrived is None


def test_a_proof_that_is_doubted_after_a_reopening_brings_no_clock_back() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    case.at(90).do(ask.Close(reason_code="handled"))
    case.at(100).do(ask.Reopen(reason_code="mistake", terms=TERMS))
    refutes(case.at(110))
    assert case.verdicts() == {"village": "stood_down"}
    case.at(120).do(ask.AskHelp(person=person("ve1")))
    assert set(case.verdicts()) == {"village"}
    assert ("help", "boss") in case.templates()
