"""What stands in the `data:` of the live feed's messages."""

from __future__ import annotations

from datetime import datetime

from tocsin.api.schemas.base import Schema
from tocsin.api.schemas.incidents import ActorView, EventBody


class LiveHello(Schema):
    """`event: hello`, the first message of every stream."""

    now: datetime
    """The server's time, so that the page can correct its own clock."""


class LiveIncident(Schema):
    """`event: incident`: one event of one incident; its `id:` is the cursor to come back with."""

    incident: str
    """The incident's id."""
    version: int
    """The event's number in the incident's log."""
    event: EventBody
    """What happened; `event` names the type."""
    actor: ActorView
    """Who did it; `id` is absent for the system."""
    occurred: datetime
    """When it is claimed to have happened."""
    recorded: datetime
    """When it was written down."""
    grid_path: str
    """Path of the incident's grid."""
