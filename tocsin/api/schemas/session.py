"""Sign-in: what is sent and what the page learns about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import SecretStr, StringConstraints
from pydantic.fields import Field

from tocsin.api.schemas.base import Schema
from tocsin.town.ports import Role


class SignIn(Schema):
    """A name and a password."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
    """Sign-in name of the account."""
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]
    """Password; never stored, never logged."""


class SessionView(Schema):
    """Who is signed in, with what rights, until when."""

    account: str
    """Sign-in name."""
    person: str
    """Id of the person behind the account."""
    person_name: str
    """The person's name; the account's name when the person is unknown."""
    role: Role
    """What the account may do."""
    scope: str
    """Path prefix of the grid subtree it may see; empty is everything."""
    csrf: str
    """Send it back as header `X-CSRF-Token` with every POST and DELETE."""
    expires: datetime
    """When the sign-in ends by itself."""
    now: datetime
    """The server's time at this answer, so that the page can correct its own clock."""
