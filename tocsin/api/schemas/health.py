"""Answers to machines."""

from __future__ import annotations

from typing import Literal

from tocsin.api.schemas.base import Schema


class Health(Schema):
    """The process answers."""

    status: Literal["ok"]
    """Always `ok`."""


class Readiness(Schema):
    """Whether it can do its work."""

    ready: bool
    """True when nothing is missing."""
    faults: list[str]
    """A sentence for each thing that is missing."""
