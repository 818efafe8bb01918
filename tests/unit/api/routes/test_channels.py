from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from tests.support.api import ANN, CHEN, FAR, START, TOWNSHIP, WANG, World
from tocsin.alerts.reach_ports import ChannelRow, TrialRow
from tocsin.core.responders import Channel
from tocsin.town.ports import Role


def row(number: int = 1) -> TrialRow:
    return TrialRow(
        id=f"t-{number}", person=WANG, person_name="Wang", channel=Channel.SMS, provider="aliyun", asked=START,
        outcome="delivered", reason="", settled=START + timedelta(seconds=1), answered=None, score=0.75,
    )  # fmt: skip


async def test_providers_are_listed_as_they_are() -> None:
    world = World()
    world.trials.providers = [
        ChannelRow(
            channel=Channel.SMS, provider="aliyun", offered=True, up=False, since=START, failures=4, last_ok=START,
            reason="no answer within 8 s", waiting=7, sent_hour=3, failed_hour=2,
        )
    ]  # fmt: skip
    async with world.signed_in(ELLA_ROLE, TOWNSHIP) as client:
        (item,) = (await client.get("/api/channels")).json()["items"]
    assert (item["provider"], item["up"], item["failures"], item["waiting"]) == ("aliyun", False, 4, 7)
    assert item["reason"] == "no answer within 8 s"


ELLA_ROLE = Role.ENGINEER


async def test_an_operator_orders_a_test_within_their_scope_only() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post(f"/api/people/{WANG}/channel-test", json={"channel": "sms"})
        assert answer.json() == {"tests": ["test-1"]}
        assert (await client.post(f"/api/people/{WANG}/channel-test", json={})).status_code == 200
        for stranger in (CHEN, "nobody"):
            answer = await client.post(f"/api/people/{stranger}/channel-test", json={})
            assert (answer.status_code, answer.json()["code"]) == (404, "person.unknown")
    assert [(person, channels) for person, channels, _ in world.trials.ordered] == [
        (WANG, (Channel.SMS,)),
        (WANG, ()),
    ]
    assert world.trials.ordered[0][2] == ANN


async def test_tests_are_listed_within_the_scope_with_those_who_cannot_be_reached() -> None:
    world = World()
    world.trials.listed = [row()]
    world.trials.silent = [(CHEN, "Chen", "no_contact")]
    async with world.signed_in(Role.ADMINISTRATOR, FAR) as client:
        body = (await client.get("/api/channel-tests")).json()
        none = (await client.get(f"/api/channel-tests?person={CHEN}")).json()
    assert [(one["id"], one["outcome"], one["score"]) for one in body["items"]] == [
        ("t-1", "delivered", 0.75)
    ]
    assert body["unreachable"] == [{"person": CHEN, "person_name": "Chen", "reason": "no_contact"}]
    assert none["items"] == []
    assert world.trials.scopes == [FAR, FAR]


async def test_who_has_the_token_answers_without_signing_in_and_nobody_else() -> None:
    world = World()
    world.trials.listed = [row()]
    world.trials.tokens = {"t-1": sha256(b"the-token").digest()}
    async with world.client() as client:
        answer = await client.post("/api/channel-tests/answer", json={"token": "the-token"})
        assert answer.json()["id"] == "t-1"
        wrong = await client.post("/api/channel-tests/answer", json={"token": "another-token"})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "test.unknown")
        assert (await client.get("/api/channel-tests/answer")).status_code in {401, 404, 405}


@pytest.mark.parametrize("role", [Role.RESPONDER])
async def test_responders_order_no_tests_and_see_no_lists(role: Role) -> None:
    world = World()
    async with world.signed_in(role, TOWNSHIP) as client:
        assert (await client.get("/api/channels")).status_code == 403
        assert (await client.get("/api/channel-tests")).status_code == 403
        assert (await client.post(f"/api/people/{WANG}/channel-test", json={})).status_code == 403
