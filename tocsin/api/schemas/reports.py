"""A report by hand: telephoned, or told in person."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Place, Schema
from tocsin.core.detections import Kind
from tocsin.core.incidents import Grade


class ReportBody(Schema):
    """What somebody reported; give the grid or the place, or both."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    kind: Kind
    """What kind of happening."""
    grid: Identifier | None = None
    """Code of the grid; absent when only the place is known."""
    place: Place | None = None
    """Where the caller says it is; the nearest grid is taken when none is given."""
    words: Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
    """The caller's words, 1 to 2,000 characters."""
    caller: Annotated[str, StringConstraints(max_length=32, pattern=r"^[0-9+() /-]*$")] = ""
    """The caller's number: digits and `+ ( ) / -`; empty when unknown."""
    severity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5
    """How bad it sounds, 0 to 1; the policy makes the proposed grade of it."""
    grade: Grade | None = None
    """Proposed grade; absent leaves it to the policy."""
    at: AwareDatetime | None = None
    """When it was reported, if not now."""
    source: Literal["desk", "member", "citizen", "hotline", "superior", "feed"] | None = None
    """Where it was heard of; absent takes what is usual for the role. From the field: `member` or `citizen`."""
    matter: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}([0-9]{2}){0,2})?$")] = ""
    """Code of the catalogue, if it is known."""


class ReportAnswer(Schema):
    """Where the report went."""

    incident: str
    """The incident that was opened, or that it was attached to."""
    report: str
    """The report's id."""
