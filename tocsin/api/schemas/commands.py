"""Bodies of the commands that people give to an incident."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Place, Schema
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade

Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class ConfirmBody(Schema):
    """It is real; the clocks start now."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    grade: Grade | None = None
    """Severity as judged; absent keeps the proposed one."""


class RejectBody(Schema):
    """It is nothing, or not for us."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    reason: Literal["false_alarm", "test", "duplicate", "elsewhere"]
    """Why it is rejected."""


class GradeBody(Schema):
    """The severity is another; only deadlines not yet passed move."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    grade: Grade
    """The new grade."""


class ActivateBody(Schema):
    """Call a tier now."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    tier: Tier
    """The tier to call."""


class CloseBody(Schema):
    """The incident is over."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    reason: Literal["handled", "no_action", "transferred", "retrospective"]
    """Why it is closed."""


class NoteBody(Schema):
    """Words for the log; they stand in an erasable row."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    text: Words
    """The words, at most 2,000 characters."""


class MergeBody(Schema):
    """The same happening as another incident."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    into: Identifier
    """The incident that remains."""


class ArriveBody(Schema):
    """Somebody is at the scene.

    An operator names the tier and the reason; a responder speaks for themselves.
    """

    act: Act
    """Id of this act, made by the page or phone; the same id is answered once."""
    tier: Tier | None = None
    """Operators: whose arrival is noted. Responders leave it out."""
    reason: Words | None = None
    """Operators: how it is known; kept as a note. Responders leave it out."""
    position: Place | None = None
    """Responders: the phone's position, as proof. Operators leave it out."""
    position_age_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None
    """Responders: how old the position was at the tap, seconds; an old one proves nothing."""
    position_mock: bool = False
    """Responders: the phone says that an app feeds it its position."""
    tag: Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[!-~]+$")] | None = None
    """Responders: the address or secret on the place's tag, as proof."""
    at: AwareDatetime | None = None
    """When it was, if not now: a phone that had no network, a message that came late."""


class ActBody(Schema):
    """A responder's one tap that needs nothing else."""

    act: Act
    """Id of this act, made on the phone; the same id is answered once."""
    at: AwareDatetime | None = None
    """When it was tapped, if the phone had no network then."""


class NothingHereBody(ActBody):
    """Nothing is here; a proof ends the incident, a word alone is noted wherever it matters."""

    position: Place | None = None
    """The phone's position, as proof."""
    position_age_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None
    """How old the position was at the tap, seconds."""
    position_mock: bool = False
    """The phone says that an app feeds it its position."""
    tag: Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[!-~]+$")] | None = None
    """The address or secret on the place's tag, as proof."""


class RefuseBody(Schema):
    """A responder cannot go."""

    act: Act
    """Id of this act, made on the phone; the same id is answered once."""
    reason: Literal["busy", "away", "ill", "no_transport", "other"]
    """Why not."""
    at: AwareDatetime | None = None
    """When it was tapped, if the phone had no network then."""
