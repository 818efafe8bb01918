from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.api import ANN, CHEN, FAR, FLOOD, SMOKE, TOWNSHIP, WANG, World, recorded
from tocsin.alerts import commands as ask
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.incidents import Actor, Basis, Called, Closed, Grade, NoticeSettled, Outcome
from tocsin.core.responders import Channel
from tocsin.town.ports import Role

ACT = "act-00000001"
URL = f"/api/incidents/{SMOKE}"


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("confirm", {}, ask.Confirm()),
        ("confirm", {"grade": "I"}, ask.Confirm(grade=Grade.I)),
        ("reject", {"reason": "false_alarm"}, ask.Reject(reason_code="false_alarm")),
        ("grade", {"grade": "II"}, ask.ChangeGrade(grade=Grade.II)),
        ("activate", {"tier": "city"}, ask.Activate(tier=Tier.CITY)),
        ("close", {"reason": "handled"}, ask.Close(reason_code="handled")),
        ("merge", {"into": FLOOD}, ask.Merge(into=FLOOD)),
    ],
)
async def test_an_operators_act_becomes_the_command_in_their_name(
    path: str, body: dict[str, str], command: ask.Command
) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
    assert answer.status_code == 200
    (asked,) = world.alerts.asked
    assert (asked.incident, asked.command, asked.actor, asked.act) == (
        SMOKE,
        command,
        Actor("person", ANN),
        ACT,
    )
    assert answer.json()["state"] == "verified"


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("see", {}, ask.See(person=WANG)),
        ("accept", {}, ask.Accept(person=WANG)),
        ("refuse", {"reason": "away"}, ask.Refuse(person=WANG, reason_code="away")),
        ("help", {}, ask.AskHelp(person=WANG)),
        ("done", {}, ask.ReportDone(person=WANG)),
        ("real", {}, ask.SayReal(person=WANG)),
        ("nothing-here", {}, ask.SayNothingHere(person=WANG)),
        ("arrive", {}, ask.Arrive(person=WANG, basis=Basis.DECLARED)),
        (
            "arrive",
            {"position": {"latitude": 30.2, "longitude": 120.0, "accuracy_m": 12}},
            ask.Arrive(person=WANG, basis=Basis.POSITION, position=Position(30.2, 120.0, 12.0)),
        ),
    ],
)
async def test_a_responders_tap_becomes_the_command_for_themselves(
    path: str, body: dict[str, object], command: ask.Command
) -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        answer = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
    assert answer.status_code == 200, answer.text
    (asked,) = world.alerts.asked
    assert (asked.command, asked.actor, asked.act) == (command, Actor("person", WANG), ACT)


async def test_nobody_can_speak_for_another() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        answer = await client.post(f"{URL}/accept", json={"act": ACT, "person": CHEN})
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, "body.person")
    assert not world.alerts.asked


async def test_a_tap_made_without_network_is_told_as_a_claim() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        await client.post(f"{URL}/accept", json={"act": ACT, "at": "2026-11-22T22:00:20+08:00"})
    assert world.alerts.asked[0].occurred == datetime(2026, 11, 22, 14, 0, 20, tzinfo=UTC)


@pytest.mark.parametrize(("at", "status"), [("2026-11-22T14:03:00Z", 200), ("2026-11-22T14:03:01Z", 422)])
async def test_a_phone_may_be_two_minutes_ahead_and_no_more(at: str, status: int) -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        answer = await client.post(f"{URL}/arrive", json={"act": ACT, "at": at})
    assert answer.status_code == status
    assert len(world.alerts.asked) == (status == 200)


async def test_an_operator_notes_a_tiers_arrival_with_the_reason_as_words() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        for _ in range(2):
            body = {"act": ACT, "tier": "village", "reason": "seen on camera 1"}
            assert (await client.post(f"{URL}/arrive", json=body)).status_code == 200
    assert world.alerts.asked[0].command == ask.Arrive(tier=Tier.VILLAGE, basis=Basis.OPERATOR)
    assert world.alerts.notes == [(SMOKE, ANN, "seen on camera 1")]


@pytest.mark.parametrize(
    ("role", "body", "code"),
    [
        (Role.OPERATOR, {}, "arrive.operator"),
        (Role.OPERATOR, {"tier": "village"}, "arrive.operator"),
        (
            Role.OPERATOR,
            {"tier": "village", "reason": "x", "position": {"latitude": 1, "longitude": 1}},
            "arrive.operator",
        ),
        (Role.RESPONDER, {"tier": "city"}, "arrive.responder"),
        (Role.RESPONDER, {"reason": "I am there"}, "arrive.responder"),
    ],
)
async def test_each_role_notes_an_arrival_in_its_own_way(
    role: Role, body: dict[str, object], code: str
) -> None:
    world = World()
    async with world.signed_in(role) as client:
        answer = await client.post(f"{URL}/arrive", json={"act": ACT, **body})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not world.alerts.asked


async def test_a_note_is_kept_once_for_an_act_and_answered_with_the_incident() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        for _ in range(2):
            answer = await client.post(f"{URL}/note", json={"act": ACT, "text": "  gate is open "})
    assert answer.json()["incident"]["id"] == SMOKE
    assert world.alerts.notes == [(SMOKE, ANN, "gate is open")]


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
async def test_words_have_bounds(text: str) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post(f"{URL}/note", json={"act": ACT, "text": text})).status_code == 422
    assert not world.alerts.notes


@pytest.mark.parametrize("act", [None, "", "short", "x" * 65, "act with blanks"])
async def test_every_act_has_an_id_of_its_own(act: str | None) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post(f"{URL}/confirm", json={"act": act})).status_code == 422
    assert not world.alerts.asked


@pytest.mark.parametrize(
    ("into", "status", "code"),
    [
        (SMOKE, 422, "incident.merge_itself"),
        (FLOOD, 404, "incident.unknown"),
        ("nowhere", 404, "incident.unknown"),
    ],
)
async def test_a_merge_stays_within_the_scope(into: IncidentId, status: int, code: str) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post(f"{URL}/merge", json={"act": ACT, "into": into})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not world.alerts.asked


@pytest.mark.parametrize("person", [PersonId("somebody"), CHEN])
async def test_who_was_not_called_cannot_answer_the_call(person: PersonId) -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, FAR, person) as client:
        assert (await client.post(f"{URL}/accept", json={"act": ACT})).status_code == 404
    assert not world.alerts.asked


async def test_nothing_is_merged_into_an_incident_that_has_ended() -> None:
    world = World()
    world.logs[FLOOD].append(recorded(FLOOD, 5, Closed(reason_code="handled")))
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(f"{URL}/merge", json={"act": ACT, "into": FLOOD})
    assert (answer.status_code, answer.json()["code"]) == (422, "merge.ended")
    assert not world.alerts.asked


async def test_one_who_was_only_asked_to_look_may_say_what_is_there() -> None:
    for path, command in (
        ("real", ask.SayReal(person=CHEN)),
        ("nothing-here", ask.SayNothingHere(person=CHEN)),
    ):
        world = World()
        look = Called(
            tier=Tier.VILLAGE, person=CHEN, step=0, channels=(Channel.LOG,), reason_code="unanswered"
        )
        world.logs[SMOKE][1:] = [recorded(SMOKE, 2, look)]
        async with world.signed_in(Role.RESPONDER, FAR, CHEN) as client:
            assert (await client.post(f"{URL}/{path}", json={"act": ACT})).status_code == 200
        assert [asked.command for asked in world.alerts.asked] == [command]


async def test_a_supervisor_who_is_told_of_a_miss_may_open_it() -> None:
    world = World()
    told = NoticeSettled(
        notice=NoticeId("n"), person=CHEN, channel=Channel.LOG, outcome=Outcome.SENT, reason_code=""
    )
    async with world.signed_in(Role.RESPONDER, FAR, CHEN) as client:
        assert (await client.get(URL)).status_code == 404
        world.logs[SMOKE].append(recorded(SMOKE, 5, told))
        assert (await client.get(URL)).status_code == 200
