"""What all bodies share: unknown fields are refused, the text below a field is its description."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Schema(BaseModel):
    """A body; frozen, closed, described by the docstrings of its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Act = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
"""Id of one act, made by the page or phone: the same id is answered once."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_.]*$")]
"""A stable machine-readable word."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
"""The name of an incident, alarm, person or grid in a body."""


class Place(Schema):
    """A point on the ground, WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    """Degrees north, -90 to 90."""
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    """Degrees east, -180 to 180."""
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    """Radius within which the true point lies with 68 %, metres; absent when unknown."""


class ErrorBody(Schema):
    """What every refusal and failure looks like."""

    code: str
    """Stable and machine-readable: `incident.closed`, `request.invalid`."""
    message: str
    """One English sentence that says what to do instead."""
    details: list[FieldFault] | None = None
    """For `request.invalid`: each faulty field."""


class FieldFault(Schema):
    """One faulty field of a request."""

    field: str
    """Where: `body.caller`, `query.most`, `path.incident`."""
    message: str
    """What is wrong and what is allowed."""


ErrorBody.model_rebuild()
