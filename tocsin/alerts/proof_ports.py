"""What the proof of arrival needs of a database: within the transaction of an act, and beside it.

Proofs, tags, challenge codes and keys of phones are rows that can be erased; the log of an incident
holds the id of a proof and its grade, never a position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from tocsin.core.grids import Position, Tier
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId, PictureHash
from tocsin.core.incidents import Basis

Details: TypeAlias = Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was shown for one arrival."""

    id: str
    """Stands in the event."""
    incident: IncidentId
    tier: Tier | None
    person: PersonId | None
    basis: Basis
    at: datetime
    """Claimed instant of the arrival."""
    recorded: datetime
    details: Details = field(default_factory=dict)
    """`distance_m`, `accuracy_m`, `age_s`, `mock`, `tag`, `tag_name`, `code`, `phone`, `counter`, as far as given."""
    picture: PictureHash | None = None
    refuted: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTag:
    """A QR code or NFC tag that hangs at a place; the secret itself is never stored."""

    id: str
    grid: GridCode
    device: DeviceId | None
    """The device it hangs at; None for one at the centre of the grid."""
    name: str
    made: datetime
    made_by: str
    revoked: datetime | None = None
    place: Position | None = None
    """Where it hangs: the device's place, or the grid's centre; None when neither is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A code that must be seen in a photo taken on the spot."""

    id: str
    incident: IncidentId
    person: PersonId
    code: str
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneKey:
    """The key by which a phone signs acts that were made without a network."""

    id: str
    person: PersonId
    public_key: bytes
    """ECDSA P-256, SubjectPublicKeyInfo (DER)."""
    name: str
    made: datetime
    counter: int = 0
    """Highest counter of an act that was taken."""
    revoked: datetime | None = None


class ProofUnit(Protocol):
    """The part of a transaction that concerns proofs."""

    async def watched(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Sequence[IncidentId]]:
        """Find the open, confirmed incidents to which alarms of devices belong, without locking them."""
        ...

    async def keep_proof(self, proof: Proof) -> None:
        """Keep what was shown; the same id again changes nothing."""
        ...

    async def refute_proofs(self, incident: IncidentId, tier: Tier) -> None:
        """Mark the proofs of a tier that stand as refuted now."""
        ...

    async def tag(self, secret: bytes) -> PlaceTag | None:
        """Find a tag by the SHA-256 of its secret, revoked or not."""
        ...

    async def challenge(self, incident: IncidentId, person: PersonId) -> Challenge | None:
        """Find the newest code of a person for an incident that is neither used nor expired."""
        ...

    async def save_challenge(self, challenge: Challenge) -> None:
        """Keep a new code."""
        ...

    async def use_challenge(self, challenge: str, incident: IncidentId, person: PersonId) -> str | None:
        """Use a code up and give it; None when it is another's, used or expired."""
        ...

    async def advance_phone(self, phone: str, person: PersonId, counter: int) -> bool:
        """Note the counter of a signed act; False unless it is higher than all before and the key holds."""
        ...


class ProofStore(Protocol):
    """Proofs for those who look at them, and the administration of tags and phones."""

    async def proofs(self, incident: IncidentId) -> Sequence[Proof]:
        """List what was shown at an incident, oldest first."""
        ...

    async def add_tag(self, tag: PlaceTag, secret: bytes) -> None:
        """Keep a new tag with the SHA-256 of its secret; raises `NotFound` (`grid.unknown`)."""
        ...

    async def tags(self, scope: str) -> Sequence[PlaceTag]:
        """List the tags of a subtree by grid and name, revoked ones too."""
        ...

    async def revoke_tag(self, scope: str, tag: str) -> bool:
        """Take a tag of a subtree out of use; False when there is none, True again when it is already."""
        ...

    async def add_phone(self, phone: PhoneKey, most: int) -> bool:
        """Keep a key; False when the person has `most` that hold already."""
        ...

    async def phone(self, phone: str) -> PhoneKey | None:
        """Find a key, revoked or not."""
        ...

    async def revoke_phone(self, phone: str, person: PersonId | None) -> bool:
        """End a key of a person, or of anybody when `person` is None; False when there is none."""
        ...
