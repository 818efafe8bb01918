"""How the centre itself is."""

from __future__ import annotations

from datetime import datetime

from tocsin.api.schemas.base import Schema


class FindingView(Schema):
    """One thing that the watcher found."""

    code: str
    """Stable and machine-readable; docs/watcher.md says what to do about each."""
    subject: str
    """What it is about: a role, a host, a township, a provider."""
    since: datetime
    """When it was first seen."""
    until: datetime | None
    """When it was over; null while it stands."""
    sentence: str
    """What was seen, in the watcher's language."""


class BeatView(Schema):
    """A worker's newest sign of life."""

    name: str
    """`escalator@host`, `ingest-0`."""
    role: str
    """`ingest`, `escalator`, `relay`, `api`, `watcher`, …"""
    host: str
    """Where it was."""
    at: datetime
    """When, by the database's clock."""
    age_s: float
    """Seconds since then."""
    skew_s: float
    """Seconds by which its host's clock runs ahead of the database's."""


class WatchStatus(Schema):
    """What stands, what ended within a day, and who is alive."""

    findings: list[FindingView]
    """Those that stand first, the newest first."""
    beats: list[BeatView]
    """By name."""
    now: datetime
    """The database's instant."""
