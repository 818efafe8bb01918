"""Bodies around the proof of arrival: links, photos, tags, phones, and what operators see of it all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.alerts.links import TOKEN_CHARACTERS_MAX
from tocsin.api.schemas.base import Act, Identifier, Place, Schema
from tocsin.api.schemas.commands import Words
from tocsin.api.schemas.incidents import ClockView
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Grade, Lateness, State

Token = Annotated[
    str, StringConstraints(min_length=1, max_length=TOKEN_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_-]+$")
]
TagText = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[!-~]+$")]
AgeSeconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
LinkAct = Literal["see", "accept", "refuse", "arrive", "help", "done", "real", "nothing_here"]
Refusal = Literal["busy", "away", "ill", "no_transport", "other"]


class LinkBody(Schema):
    """The token of a one-tap link."""

    token: Token
    """What stands at the end of the link's address."""


class LinkActBody(LinkBody):
    """One act by a one-tap link."""

    act: Act
    """Id of this act, made on the phone; the same id is answered once."""
    what: LinkAct
    """What is said."""
    reason: Refusal | None = None
    """With `refuse`: why not."""
    at: AwareDatetime | None = None
    """When it was tapped, if the phone had no network then."""
    position: Place | None = None
    """With `arrive` and `nothing_here`: the phone's position, as proof."""
    position_age_s: AgeSeconds | None = None
    """How old the position was at the tap, seconds."""
    position_mock: bool = False
    """The phone says that an app feeds it its position."""
    tag: TagText | None = None
    """With `arrive` and `nothing_here`: the address or secret on the place's tag, as proof."""


class LinkIncident(Schema):
    """As much of an incident as one who is called needs."""

    id: str
    """Its id."""
    kind: Kind
    """What happens."""
    grade: Grade
    """How bad it is."""
    state: State
    """Where in its life it stands."""
    grid_name: str
    """Where."""
    began: datetime
    """When the condition began."""
    opened: datetime
    """When it was heard of."""
    confirmed: datetime | None
    """When the clocks started; absent while nobody has confirmed it."""
    lateness: Lateness
    """Whether it came in time."""
    drill: bool
    """It is an exercise."""
    clocks: list[ClockView]
    """The tiers' deadlines and what became of them."""
    place: Place | None
    """Where to go; the centre of the grid when `exact` is false."""
    exact: bool
    """Whether somebody or some device said the place itself."""


class LinkView(Schema):
    """What a one-tap link opens: one incident, for one person."""

    incident: LinkIncident
    """What it is about."""
    person_name: str
    """Whose link it is."""
    tier: Tier | None
    """Their tier; absent for supervisors."""
    acts: list[LinkAct]
    """What may be said now."""
    seen: datetime | None = None
    """When they opened the call."""
    accepted: datetime | None = None
    """When they said *going*."""
    refused: datetime | None = None
    """When they said *cannot go*."""
    arrived: datetime | None = None
    """When they say they arrived."""
    helped: bool = False
    """Whether their tier asked for help."""
    expires: datetime
    """When the link ends at the latest."""
    now: datetime
    """The server's time at this answer."""


class ChallengeBody(Schema):
    """Asks for a code; nothing else is needed."""


class ChallengeView(Schema):
    """A code that must be seen in a photo taken on the spot."""

    challenge: str
    """Send it back with the photo."""
    code: str
    """Four digits: write or show them in the picture."""
    expires: datetime
    """Until when the photo must be here."""


class PhotoForm(Schema):
    """A photo from the scene that shows the code."""

    act: Act
    """Id of this act, made on the phone; the same id is answered once."""
    challenge: Identifier
    """The code's id, as `photoChallenge` gave it."""
    at: AwareDatetime | None = None
    """When it was taken, if not now."""
    photo: Annotated[UploadFile, Field(json_schema_extra={"maxLength": 4 * 1024 * 1024})]
    """JPEG, at most 4 MiB."""


class LinkPhotoForm(PhotoForm):
    """The same by a one-tap link."""

    token: Token
    """What stands at the end of the link's address."""


class ProofView(Schema):
    """One arrival as it was claimed, and what was shown for it."""

    id: str
    """The proof's id; the version of the log line where nothing was kept."""
    tier: Tier | None
    """Whose arrival."""
    person: str | None
    """Who; absent when an operator noted it for a tier."""
    basis: Basis
    """What it is worth."""
    at: datetime
    """When they were there, as claimed."""
    recorded: datetime
    """When it was heard of."""
    accepted: bool
    """Whether it stops the tier's clock under the policy."""
    details: dict[str, str | float | bool]
    """Distance, accuracy, age, tag, code, phone; what was erased is missing."""
    picture: str | None
    """SHA-256 of the photo; ask for it with the incident."""
    refuted: datetime | None
    """When somebody said that it does not hold."""


class ProofList(Schema):
    """All claims of arrival at an incident."""

    items: list[ProofView]
    """Oldest first."""
    now: datetime
    """The server's time at this answer."""


class RefuteBody(Schema):
    """The proof of a tier's arrival does not hold."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    tier: Tier
    """Whose arrival."""
    reason: Literal["wrong_place", "wrong_person", "old_picture", "mistake"]
    """Why it does not hold."""


class TagBody(Schema):
    """A new code for a place."""

    grid: Identifier
    """Code of the grid."""
    device: (
        Annotated[str, StringConstraints(min_length=1, max_length=130, pattern=r"^[A-Za-z0-9._/-]+$")] | None
    ) = None
    """The device at which it hangs; left out, it hangs at the centre of the grid."""
    name: Annotated[Words, StringConstraints(max_length=80)]
    """What people call the spot: `仓库东门`."""


class TagMade(Schema):
    """A new code, shown once: the secret is not kept."""

    id: str
    """Its id, to take it out of use."""
    address: str
    """What the QR code says, and what is written to an NFC tag as a URL record."""
    svg: str
    """The QR code as SVG, ready to print."""


class TagView(Schema):
    """A code that hangs at a place."""

    id: str
    """Its id."""
    grid: str
    """Code of the grid."""
    device: str | None
    """The device at which it hangs."""
    name: str
    """What people call the spot."""
    made: datetime
    """Since when."""
    made_by: str
    """Who made it."""
    revoked: datetime | None
    """When it was taken out of use."""
    place: Place | None
    """Where it hangs, as far as known."""


class TagList(Schema):
    """All codes of the caller's scope."""

    items: list[TagView]
    """By grid and name."""
    now: datetime
    """The server's time at this answer."""


class PhoneBody(Schema):
    """A phone that will sign the acts of whoever is signed in."""

    public_key: Annotated[
        str, StringConstraints(min_length=80, max_length=400, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
    ]
    """ECDSA P-256, SubjectPublicKeyInfo, base64."""
    name: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)] = ""
    """What its owner calls it."""


class PhoneMade(Schema):
    """A phone whose signature is believed from now on."""

    phone: str
    """Its id: send it as header `X-Act-Phone`."""
