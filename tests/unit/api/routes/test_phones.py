from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.api import CHEN, WANG, World
from tocsin.api.routes.phones import PHONES_MAX
from tocsin.town.ports import Role


def body() -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"public_key": base64.b64encode(spki).decode(), "name": "red one"}


async def test_phone_is_registered_for_whoever_is_signed_in_on_it() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        answer = await client.post("/api/phones", json=body())
    assert answer.status_code == 201, answer.text
    kept = await world.proofs.phone(answer.json()["phone"])
    assert kept is not None
    assert (kept.person, kept.name, kept.counter) == (WANG, "red one", 0)


async def test_person_has_a_few_phones_and_room_again_when_one_ends() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        made = [(await client.post("/api/phones", json=body())).json()["phone"] for _ in range(PHONES_MAX)]
        assert (await client.post("/api/phones", json=body())).json()["code"] == "phone.too_many"
        assert (await client.delete(f"/api/phones/{made[0]}")).status_code == 204
        assert (await client.post("/api/phones", json=body())).status_code == 201


async def test_phone_is_ended_by_its_owner_or_an_administrator() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        phone = (await client.post("/api/phones", json=body())).json()["phone"]
    async with world.signed_in(Role.RESPONDER, "", CHEN) as client:
        assert (await client.delete(f"/api/phones/{phone}")).json()["code"] == "phone.unknown"
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        assert (await client.delete(f"/api/phones/{phone}")).status_code == 204
    kept = await world.proofs.phone(phone)
    assert kept is not None
    assert kept.revoked is not None
