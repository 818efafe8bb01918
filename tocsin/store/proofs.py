"""Proofs of arrival, tags, codes for photos and keys of phones on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.proof_ports import Challenge, PhoneKey, PlaceTag, Proof, ProofStore, ProofUnit
from tocsin.core.errors import NotFound
from tocsin.core.grids import Tier
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId, PictureHash
from tocsin.core.incidents import Basis
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.rows import Fields, place_of
from tocsin.store.sql import queries

Q: Final = queries("proofs")


class PgProofUnit(ProofUnit):
    """The proofs' part of one transaction."""

    _database: Connection
    _now: datetime

    @override
    async def watched(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Sequence[IncidentId]]:
        found: dict[DeviceId, list[IncidentId]] = {}
        for row in await _ask(self._database, "watched", devices=list(devices)):
            found.setdefault(DeviceId(row["device"]), []).append(IncidentId(row["incident"]))
        return found

    @override
    async def keep_proof(self, proof: Proof) -> None:
        await _do(
            self._database,
            "keep_proof",
            id=proof.id,
            incident=proof.incident,
            tier=proof.tier,
            person=proof.person,
            basis=proof.basis.value,
            at=proof.at,
            recorded=proof.recorded,
            details=msgspec.json.encode(proof.details).decode(),
            picture=proof.picture,
        )

    @override
    async def refute_proofs(self, incident: IncidentId, tier: Tier) -> None:
        await _do(self._database, "refute_proofs", incident=incident, tier=tier, now=self._now)

    @override
    async def tag(self, secret: bytes) -> PlaceTag | None:
        rows = await _ask(self._database, "tag", secret=secret)
        return _tag(rows[0]) if rows else None

    @override
    async def challenge(self, incident: IncidentId, person: PersonId) -> Challenge | None:
        rows = await _ask(self._database, "challenge", incident=incident, person=person, now=self._now)
        return Challenge(**rows[0]) if rows else None

    @override
    async def save_challenge(self, challenge: Challenge) -> None:
        await _do(
            self._database,
            "save_challenge",
            id=challenge.id,
            incident=challenge.incident,
            person=challenge.person,
            code=challenge.code,
            made=challenge.made,
            expires=challenge.expires,
        )

    @override
    async def use_challenge(self, challenge: str, incident: IncidentId, person: PersonId) -> str | None:
        rows = await _ask(
            self._database,
            "use_challenge",
            challenge=challenge,
            incident=incident,
            person=person,
            now=self._now,
        )
        return str(rows[0]["code"]) if rows else None

    @override
    async def advance_phone(self, phone: str, person: PersonId, counter: int) -> bool:
        return await _do(self._database, "advance_phone", phone=phone, person=person, counter=counter) > 0


class PgProofStore(ProofStore):
    """Reads proofs and keeps tags and phones on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def proofs(self, incident: IncidentId) -> Sequence[Proof]:
        async with connection(self._pool) as database:
            return [_proof(row) for row in await _ask(database, "proofs", incident=incident)]

    @override
    async def add_tag(self, tag: PlaceTag, secret: bytes) -> None:
        async with connection(self._pool) as database:
            added = await _do(
                database,
                "add_tag",
                id=tag.id,
                grid=tag.grid,
                device=tag.device,
                name=tag.name,
                secret=secret,
                made=tag.made,
                made_by=tag.made_by,
            )
        if not added:
            raise NotFound("grid.unknown", f"there is no grid {tag.grid}: add it first")

    @override
    async def tags(self, scope: str) -> Sequence[PlaceTag]:
        async with connection(self._pool) as database:
            return [_tag(row) for row in await _ask(database, "tags", scope=scope)]

    @override
    async def revoke_tag(self, scope: str, tag: str) -> bool:
        async with connection(self._pool) as database:
            return await _do(database, "revoke_tag", scope=scope, tag=tag) > 0

    @override
    async def add_phone(self, phone: PhoneKey, most: int) -> bool:
        async with connection(self._pool) as database:
            return (
                await _do(
                    database,
                    "add_phone",
                    id=phone.id,
                    person=phone.person,
                    public_key=phone.public_key,
                    name=phone.name,
                    made=phone.made,
                    most=most,
                )
                > 0
            )

    @override
    async def phone(self, phone: str) -> PhoneKey | None:
        async with connection(self._pool) as database:
            rows = await _ask(database, "phone", phone=phone)
        return PhoneKey(**rows[0]) if rows else None

    @override
    async def revoke_phone(self, phone: str, person: PersonId | None) -> bool:
        async with connection(self._pool) as database:
            return await _do(database, "revoke_phone", phone=phone, person=person) > 0


def _proof(row: Fields) -> Proof:
    return Proof(
        id=row["id"],
        incident=IncidentId(row["incident"]),
        tier=None if row["tier"] is None else Tier(row["tier"]),
        person=None if row["person"] is None else PersonId(row["person"]),
        basis=Basis(row["basis"]),
        at=row["at"],
        recorded=row["recorded"],
        details=row["details"],
        picture=None if row["picture"] is None else PictureHash(row["picture"]),
        refuted=row["refuted"],
    )


def _tag(row: Fields) -> PlaceTag:
    return PlaceTag(
        id=row["id"],
        grid=GridCode(row["grid"]),
        device=None if row["device"] is None else DeviceId(row["device"]),
        name=row["name"],
        made=row["made"],
        made_by=row["made_by"],
        revoked=row["revoked"],
        place=place_of(row["latitude"], row["longitude"], None),
    )


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    with translate():
        async with database.cursor(row_factory=dict_row, binary=True) as cursor:
            await cursor.execute(Q[query], arguments)
            return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> int:
    with translate():
        return (await database.execute(Q[query], arguments)).rowcount
