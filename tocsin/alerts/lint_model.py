"""Findings of the linter, and what it may be told beside the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from tocsin.core.ids import GridCode
from tocsin.core.responders import Channel, Directory


@unique
class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Somebody would not be called, or a rule says nothing: the policy does not do what it says."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to put right, or to know."""

    level: Level
    code: str
    where: str
    """The key it is about, and in what case."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is on duty in a span in which no shift begins or ends."""

    since: datetime
    until: datetime
    directories: Mapping[GridCode, Directory]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a policy meets; what is None is not looked at."""

    budgets: Mapping[Channel, float] | None = None
    """Messages a minute that one address of a channel takes, by channels that are configured; infinite without a bound."""
    paths: Mapping[GridCode, str] | None = None
    """Every grid with its path."""
    levels: Mapping[GridCode, int] | None = None
    """Place of the tier that each grid answers for, village 0."""
    watches: tuple[Watch, ...] = ()


NOTHING_KNOWN = Around()
