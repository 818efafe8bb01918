"""Proofs on HTTP over fakes; photos and refutations over the real rules are in tests/integration/test_links.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import CHEN, SMOKE, START, WANG, World, recorded
from tocsin.alerts import commands as ask
from tocsin.alerts.proof_ports import Proof
from tocsin.core.grids import Tier
from tocsin.core.ids import PictureHash
from tocsin.core.incidents import ArrivalRefuted, Arrived, Basis
from tocsin.town.ports import Role

URL = f"/api/incidents/{SMOKE}"


def arrived(proof: str, basis: Basis = Basis.PHOTO, **figures: float) -> Arrived:
    return Arrived(
        tier=Tier.VILLAGE,
        person=WANG,
        at=START,
        basis=basis,
        proof=proof,
        accepted=True,
        distance_m=figures.get("distance_m"),
    )


async def test_claims_of_the_log_stand_beside_what_is_kept_of_them() -> None:
    world = World()
    world.logs[SMOKE] += [
        recorded(SMOKE, 5, arrived("proof-1", distance_m=12.0), seconds=20),
        recorded(SMOKE, 6, ArrivalRefuted(tier=Tier.VILLAGE, reason_code="mistake"), seconds=30),
        recorded(SMOKE, 7, arrived("gone", Basis.TAG), seconds=40),
        recorded(SMOKE, 8, arrived("", Basis.OPERATOR), seconds=50),
    ]
    world.proved.proofs["proof-1"] = Proof(
        id="proof-1",
        incident=SMOKE,
        tier=Tier.VILLAGE,
        person=WANG,
        basis=Basis.PHOTO,
        at=START,
        recorded=START,
        details={"code": "4711"},
        picture=PictureHash("a" * 64),
    )
    async with world.signed_in(Role.OPERATOR) as client:
        items = (await client.get(f"{URL}/proofs")).json()["items"]
    assert [item["id"] for item in items] == ["proof-1", "gone", "8"]
    assert items[0]["details"] == {"distance_m": 12.0, "code": "4711"}
    assert items[0]["picture"] == "a" * 64
    at = (START + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    assert [item["refuted"] for item in items] == [at, None, None]
    assert (items[1]["details"], items[1]["picture"]) == ({}, None)


async def test_refutation_is_asked_in_the_operators_name() -> None:
    world = World()
    body = {"act": "act-00000001", "tier": "village", "reason": "old_picture"}
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post(f"{URL}/refute", json=body)).status_code == 200
    (asked,) = world.alerts.asked
    assert asked.command == ask.RefuteArrival(tier=Tier.VILLAGE, reason_code="old_picture")


async def test_responder_gets_a_code_for_an_incident_they_were_called_to() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        assert (await client.post(f"{URL}/photo-challenge", json={})).json()["code"] == "4711"
    async with world.signed_in(Role.RESPONDER, "", CHEN) as client:
        assert (await client.post(f"{URL}/photo-challenge", json={})).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("get", "proofs"), ("post", "refute")])
async def test_proofs_are_not_for_responders(method: str, path: str) -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        body = {"act": "act-00000001", "tier": "village", "reason": "mistake"} if method == "post" else None
        answer = await client.request(method.upper(), f"{URL}/{path}", json=body)
    assert answer.status_code == 403
