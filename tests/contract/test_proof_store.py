"""The promises of the proofs' store, for PostgreSQL and for its twin in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    CAMERA,
    CITY,
    OTHER,
    START,
    TOWN,
    VILLAGE,
    Response,
    change,
    confirmed,
    emptied,
    in_memory,
    in_postgres,
    incident_id,
    opened,
    shared,
)
from tocsin.alerts.proof_ports import Challenge, PhoneKey, PlaceTag, Proof, ProofStore
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, PersonId, PictureHash
from tocsin.core.incidents import AlarmAttached, Basis, Closed
from tocsin.store.memory.alerts import MemoryAlertsStore
from tocsin.store.memory.proofs import MemoryProofStore
from tocsin.store.proofs import PgProofStore

INCIDENT = incident_id(1)
SCOPE = f"{CITY}.{TOWN}"


@dataclass
class Proved:
    """Both sides of the store over one town with one open incident."""

    response: Response
    store: ProofStore


@pytest.fixture(scope="module")
def dsn(database_server: Server) -> Iterator[str]:
    with shared(database_server) as made:
        yield made


@pytest.fixture(params=["memory", "postgres"])
async def proved(request: pytest.FixtureRequest) -> AsyncIterator[Proved]:
    if request.param == "memory":
        async with in_memory() as response:
            assert isinstance(response.store, MemoryAlertsStore)
            kept = response.store
            store = MemoryProofStore(lambda: kept.tables.of_proofs, kept.town, kept.clock)
            await response.save(change(1, opened()))
            yield Proved(response, store)
        return
    dsn = request.getfixturevalue("dsn")
    async with emptied(dsn) as database, in_postgres(dsn) as response:
        await response.save(change(1, opened()))
        yield Proved(response, PgProofStore(database.pool))


def proof(name: str = "proof-1", tier: Tier = Tier.VILLAGE) -> Proof:
    return Proof(
        id=name,
        incident=INCIDENT,
        tier=tier,
        person=ANN,
        basis=Basis.PHOTO,
        at=START - timedelta(seconds=9),
        recorded=START,
        details={"code": "4711", "distance_m": 12.5, "mock": False},
        picture=PictureHash("a" * 64),
    )


def tag(name: str = "tag-1", grid: GridCode = VILLAGE) -> PlaceTag:
    return PlaceTag(id=name, grid=grid, device=None, name="仓库门", made=START, made_by="desk")


def challenge(name: str = "challenge-1", *, incident: IncidentId = INCIDENT) -> Challenge:
    return Challenge(
        id=name,
        incident=incident,
        person=ANN,
        code="4711",
        made=START,
        expires=START + timedelta(minutes=5),
    )


def phone(name: str = "phone-1", person: PersonId = ANN) -> PhoneKey:
    return PhoneKey(id=name, person=person, public_key=b"key", name="red one", made=START)


async def test_a_camera_watches_the_open_and_confirmed_incidents_of_its_alarms(proved: Proved) -> None:
    attached = AlarmAttached(alarm=AlarmId("a-1"), device=CAMERA, kind=Kind.SMOKE, reason_code="seen")
    await proved.response.save(
        change(2, opened(kind=Kind.FLOOD), attached, *confirmed()),
        change(3, opened(kind=Kind.GAS), attached),
        change(4, opened(kind=Kind.RAIN), attached, *confirmed(), Closed(reason_code="handled")),
    )
    async with proved.response.store.unit() as unit:
        found = await unit.watched([CAMERA, DeviceId("box/camera-9")])
    assert {device: list(names) for device, names in found.items()} == {CAMERA: [incident_id(2)]}


async def test_a_proof_is_kept_once_and_refuted_by_its_tier(proved: Proved) -> None:
    other = proof("proof-2", Tier.CITY)
    async with proved.response.store.unit() as unit:
        for one in (proof(), proof(), other):
            await unit.keep_proof(one)
    assert list(await proved.store.proofs(INCIDENT)) == [proof(), other]
    await proved.response.travel(START + timedelta(seconds=5))
    async with proved.response.store.unit() as unit:
        await unit.refute_proofs(INCIDENT, Tier.VILLAGE)
    found = await proved.store.proofs(INCIDENT)
    assert [one.refuted for one in found] == [START + timedelta(seconds=5), None]
    assert await proved.store.proofs(incident_id(9)) == []


async def test_what_fails_keeps_no_proof(proved: Proved) -> None:
    async def fails() -> None:
        async with proved.response.store.unit() as unit:
            await unit.keep_proof(proof())
            raise NotFound("planted", "planted")

    with pytest.raises(NotFound):
        await fails()
    assert await proved.store.proofs(INCIDENT) == []


async def test_a_tag_is_found_by_its_secret_with_its_place(proved: Proved) -> None:
    await proved.store.add_tag(tag(), b"s" * 32)
    await proved.store.add_tag(replace(tag("tag-2"), device=CAMERA), b"t" * 32)
    async with proved.response.store.unit() as unit:
        found = [await unit.tag(secret * 32) for secret in (b"s", b"t", b"u")]
    assert found == [
        replace(tag(), place=Position(30.25, 119.5)),
        replace(tag("tag-2"), device=CAMERA, place=Position(30.27, 119.88)),
        None,
    ]


async def test_tags_are_listed_and_revoked_within_their_subtree(proved: Proved) -> None:
    await proved.store.add_tag(tag(), b"s" * 32)
    await proved.store.add_tag(tag("tag-2", OTHER), b"t" * 32)
    assert [one.id for one in await proved.store.tags("")] == ["tag-1", "tag-2"]
    assert [one.id for one in await proved.store.tags(SCOPE)] == ["tag-1"]
    assert not await proved.store.revoke_tag(SCOPE, "tag-2")
    assert [await proved.store.revoke_tag(SCOPE, "tag-1") for _ in range(2)] == [True, True]
    (mine,) = await proved.store.tags(SCOPE)
    assert mine.revoked is not None
    with pytest.raises(NotFound):
        await proved.store.add_tag(tag("tag-3", GridCode("9999")), b"u" * 32)


async def test_a_code_is_good_once_for_its_person_and_incident_and_in_time(proved: Proved) -> None:
    async with proved.response.store.unit() as unit:
        await unit.save_challenge(challenge())
        assert await unit.challenge(INCIDENT, ANN) == challenge()
        assert await unit.challenge(INCIDENT, BOB) is None
        assert await unit.use_challenge("challenge-1", INCIDENT, BOB) is None
        assert await unit.use_challenge("challenge-1", incident_id(2), ANN) is None
        assert await unit.use_challenge("challenge-1", INCIDENT, ANN) == "4711"
        assert await unit.use_challenge("challenge-1", INCIDENT, ANN) is None
        assert await unit.challenge(INCIDENT, ANN) is None


@pytest.mark.parametrize(("seconds", "code"), [(300, "4711"), (301, None)])
async def test_a_code_ends_with_its_time(proved: Proved, seconds: int, code: str | None) -> None:
    async with proved.response.store.unit() as unit:
        await unit.save_challenge(challenge())
    await proved.response.travel(START + timedelta(seconds=seconds))
    async with proved.response.store.unit() as unit:
        assert await unit.use_challenge("challenge-1", INCIDENT, ANN) == code


async def test_a_counter_rises_only_and_for_its_own_person(proved: Proved) -> None:
    assert await proved.store.add_phone(phone(), 2)
    async with proved.response.store.unit() as unit:
        taken = [await unit.advance_phone("phone-1", ANN, counter) for counter in (3, 3, 2, 4)]
        assert taken == [True, False, False, True]
        assert not await unit.advance_phone("phone-1", BOB, 9)
        assert not await unit.advance_phone("phone-9", ANN, 9)
    found = await proved.store.phone("phone-1")
    assert found == replace(phone(), counter=4)


async def test_a_revoked_phone_signs_nothing_and_makes_room_for_another(proved: Proved) -> None:
    assert await proved.store.add_phone(phone(), 1)
    assert not await proved.store.add_phone(phone("phone-2"), 1)
    assert not await proved.store.revoke_phone("phone-1", BOB)
    assert await proved.store.revoke_phone("phone-1", ANN)
    assert await proved.store.revoke_phone("phone-1", None)
    assert await proved.store.add_phone(phone("phone-2"), 1)
    async with proved.response.store.unit() as unit:
        assert not await unit.advance_phone("phone-1", ANN, 1)
    assert await proved.store.phone("phone-9") is None
