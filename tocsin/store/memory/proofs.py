"""Proofs of arrival, tags, codes for photos and keys of phones in memory: the twin of `store.proofs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Protocol

from typing_extensions import override

from tocsin.alerts.ports import Site
from tocsin.alerts.proof_ports import Challenge, PhoneKey, PlaceTag, Proof, ProofStore, ProofUnit
from tocsin.core.clock import Clock
from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId


@dataclass(slots=True)
class ProofTables:
    """Everything of proofs that a transaction may change; values are immutable."""

    proofs: dict[str, Proof] = field(default_factory=dict)
    tags: dict[str, tuple[PlaceTag, bytes]] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Challenges that were used up."""
    phones: dict[str, PhoneKey] = field(default_factory=dict)

    def copy(self) -> ProofTables:
        """Make a savepoint."""
        return ProofTables(**{one.name: getattr(self, one.name).copy() for one in fields(self)})


class Places(Protocol):
    """Where grids and devices lie."""

    @property
    def sites(self) -> Mapping[DeviceId, Site]:
        """Where devices stand."""
        ...

    def grid(self, code: GridCode) -> Grid:
        """Read one grid."""
        ...


class MemoryProofUnit(ProofUnit):
    """The proofs' part of one transaction; made with the whole one."""

    _of_proofs: ProofTables
    _proof_places: Places
    _now: datetime

    @override
    async def keep_proof(self, proof: Proof) -> None:
        self._of_proofs.proofs.setdefault(proof.id, proof)

    @override
    async def refute_proofs(self, incident: IncidentId, tier: Tier) -> None:
        for name, proof in self._of_proofs.proofs.items():
            if proof.incident == incident and proof.tier is tier and proof.refuted is None:
                self._of_proofs.proofs[name] = replace(proof, refuted=self._now)

    @override
    async def tag(self, secret: bytes) -> PlaceTag | None:
        found = next((tag for tag, known in self._of_proofs.tags.values() if known == secret), None)
        return None if found is None else placed(found, self._proof_places)

    @override
    async def challenge(self, incident: IncidentId, person: PersonId) -> Challenge | None:
        found = [
            one
            for one in self._of_proofs.challenges.values()
            if (one.incident, one.person) == (incident, person)
            and one.id not in self._of_proofs.used
            and one.expires > self._now
        ]
        return max(found, key=lambda one: one.made, default=None)

    @override
    async def save_challenge(self, challenge: Challenge) -> None:
        self._of_proofs.challenges[challenge.id] = challenge

    @override
    async def use_challenge(self, challenge: str, incident: IncidentId, person: PersonId) -> str | None:
        found = self._of_proofs.challenges.get(challenge)
        if (
            found is None
            or (found.incident, found.person) != (incident, person)
            or challenge in self._of_proofs.used
            or found.expires < self._now
        ):
            return None
        self._of_proofs.used.add(challenge)
        return found.code

    @override
    async def advance_phone(self, phone: str, person: PersonId, counter: int) -> bool:
        found = self._of_proofs.phones.get(phone)
        if found is None or found.person != person or found.revoked is not None or found.counter >= counter:
            return False
        self._of_proofs.phones[phone] = replace(found, counter=counter)
        return True


class MemoryProofStore(ProofStore):
    """Reads and writes the tables of a store in memory outside its transactions; `tables` gives those of now."""

    def __init__(self, tables: Callable[[], ProofTables], places: Places, clock: Clock) -> None:
        self._now_tables = tables
        self._places = places
        self._clock = clock

    @property
    def _tables(self) -> ProofTables:
        return self._now_tables()

    @override
    async def proofs(self, incident: IncidentId) -> Sequence[Proof]:
        found = [proof for proof in self._tables.proofs.values() if proof.incident == incident]
        return sorted(found, key=lambda proof: (proof.recorded, proof.id))

    @override
    async def add_tag(self, tag: PlaceTag, secret: bytes) -> None:
        self._places.grid(tag.grid)
        self._tables.tags[tag.id] = (tag, secret)

    @override
    async def tags(self, scope: str) -> Sequence[PlaceTag]:
        found = [
            (self._places.grid(tag.grid).path, tag.name, tag.id, placed(tag, self._places))
            for tag, _ in self._tables.tags.values()
        ]
        return [
            tag
            for path, _, _, tag in sorted(found, key=lambda one: one[:3])
            if scope in {"", path} or path.startswith(f"{scope}.")
        ]

    @override
    async def revoke_tag(self, scope: str, tag: str) -> bool:
        if tag not in {one.id for one in await self.tags(scope)}:
            return False
        found, secret = self._tables.tags[tag]
        self._tables.tags[tag] = (replace(found, revoked=found.revoked or self._clock.now()), secret)
        return True

    @override
    async def add_phone(self, phone: PhoneKey, most: int) -> bool:
        held = [
            one for one in self._tables.phones.values() if one.person == phone.person and one.revoked is None
        ]
        if len(held) >= most:
            return False
        self._tables.phones[phone.id] = phone
        return True

    @override
    async def phone(self, phone: str) -> PhoneKey | None:
        return self._tables.phones.get(phone)

    @override
    async def revoke_phone(self, phone: str, person: PersonId | None) -> bool:
        found = self._tables.phones.get(phone)
        if found is None or person not in {None, found.person}:
            return False
        self._tables.phones[phone] = replace(found, revoked=found.revoked or self._clock.now())
        return True


def placed(tag: PlaceTag, places: Places) -> PlaceTag:
    """Give a tag with the place where it hangs."""
    site = places.sites.get(tag.device) if tag.device is not None else None
    place = site.place if site is not None else None
    return replace(tag, place=place or places.grid(tag.grid).centre)
