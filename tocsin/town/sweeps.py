"""Sweeps (清查, 排查): one call to all grids under a place, a roll-call of who has answered.  Pure, with its port.

A sweep asks every grid that has none below it, or all of one level; each is answered by whoever is on duty for
it, told over their own channels by `alerts.sweeper`. Answers after `until` count, and are marked late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final, Protocol

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId

SPAN_MIN: Final = timedelta(minutes=5)
SPAN_MAX: Final = timedelta(days=14)
TITLE_CHARACTERS_MAX: Final = 80
WORDS_CHARACTERS_MAX: Final = 500
FOUND_MAX: Final = 1_000_000
GRIDS_MAX: Final = 50_000
ANSWERED_AFTER: Final = timedelta(days=7)
"""So long after its end a sweep is still answered, late."""


@unique
class SweepKind(StrEnum):
    """What is looked for."""

    HAZARD = "hazard"
    """Hazards (隐患排查)."""
    PEOPLE = "people"
    """Whether people are safe, or where they are (人员摸排)."""
    SUPPLIES = "supplies"
    """What is in store (物资清点)."""
    ENVIRONMENT = "environment"
    """How a place looks (环境整治)."""
    NOTICE = "notice"
    """Whether everybody was told (通知到户)."""
    OTHER = "other"


@unique
class SweepAnswer(StrEnum):
    """What a grid says."""

    CLEAR = "clear"
    """Done, nothing found (无异常)."""
    FOUND = "found"
    """Done, something found (发现问题); `found` says how many."""
    UNABLE = "unable"
    """Could not be done (无法完成)."""


@unique
class RollState(StrEnum):
    """Where a grid stands in the roll-call."""

    ASKED = "asked"
    """Somebody answers for it and has not yet."""
    ANSWERED = "answered"
    LATE = "late"
    """Answered after the limit."""
    NOBODY = "nobody"
    """Nobody is on duty for it: somebody at the desk must ask around."""
    LOOKING = "looking"
    """Whoever answers for it is being looked for."""


@unique
class SweepState(StrEnum):
    """Where a sweep stands."""

    RUNNING = "running"
    OVERDUE = "overdue"
    """Its time is over and not all have answered."""
    COMPLETE = "complete"
    """All have answered."""
    ENDED = "ended"
    """Somebody ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSweep:
    """A sweep that somebody orders."""

    id: str
    grid: GridCode
    kind: SweepKind
    title: str
    words: str = ""
    level: int | None = None
    """Ask the grids of this level of the tree; None asks those that have none below them."""
    lasts: timedelta
    remind_after: timedelta | None = None
    """When those who have not answered are told again; None does not."""
    drill: bool = False
    by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One sweep with its count."""

    id: str
    grid: GridCode
    grid_name: str
    path: str
    kind: SweepKind
    title: str
    words: str
    drill: bool
    started: datetime
    started_by: PersonId
    started_by_name: str
    until: datetime
    ended: datetime | None
    counts: SweepCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCounts:
    """How far the roll-call has come, in grids."""

    total: int
    looking: int
    nobody: int
    answered: int
    """Late ones included."""
    late: int
    clear: int
    found: int
    unable: int
    items: int
    """What was found, added up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The count of one part of the place: a grid below and what lies under it."""

    grid: GridCode
    name: str
    counts: SweepCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """One grid of the roll-call."""

    grid: GridCode
    name: str
    path: str
    state: RollState
    person: PersonId | None
    person_name: str
    told: str
    """What became of telling them: an outcome of the newest call, `waiting`, or empty."""
    reminded: bool
    answered: datetime | None
    answered_by: PersonId | None
    answer: SweepAnswer | None
    found: int | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody says for a grid."""

    answer: SweepAnswer
    found: int | None = None
    words: str = ""


class Sweeps(Protocol):
    """Keeps sweeps; times are those of the database."""

    async def start(self, sweep: NewSweep) -> None:
        """Begin a sweep; the same id again changes nothing.

        Raises `Rejected` (`sweep.empty`, `sweep.too_many`) when no grid, or too many, would be asked.
        """
        ...

    async def sweep(self, scope: str, sweep: str) -> Sweep | None:
        """Find a sweep in a scope, counted within it; also one of a place above the scope."""
        ...

    async def sweeps(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Sweep]:
        """List sweeps of a scope and of places above it, newest first, counted within the scope."""
        ...

    async def sweeps_of(self, person: PersonId, *, most: int, sweep: str | None = None) -> Sequence[Sweep]:
        """List sweeps of the last 30 days that ask somebody, newest first, counted over what is theirs to answer."""
        ...

    async def parts(self, scope: str, sweep: str) -> Sequence[Part]:
        """Count a sweep by the grids right below its place, or below the scope when that is deeper."""
        ...

    async def roll(
        self,
        scope: str,
        sweep: str,
        *,
        person: PersonId | None = None,
        state: RollState | None = None,
        after: str | None = None,
        most: int,
    ) -> Sequence[RollRow]:
        """List the roll-call by path after one; with `person`, only what is theirs to answer."""
        ...

    async def answer(
        self, sweep: str, grid: GridCode, answer: Answer, by: PersonId, *, scope: str | None
    ) -> RollRow:
        """Keep an answer; another one of the same grid corrects it, the first instant stays.

        With a `scope`, for any grid in it; else for one that is theirs to answer. Raises `NotFound`
        (`sweep.unknown`) where there is none of theirs and `Rejected` (`sweep.over`) long after its end.
        """
        ...

    async def end(self, sweep: str, by: PersonId) -> None:
        """End a sweep: nobody is told any more. Again changes nothing."""
        ...


def check(sweep: NewSweep) -> None:
    """Raise `Rejected` (`sweep.title`, `sweep.words`, `sweep.span`, `sweep.remind`, `sweep.level`) for what is wrong."""
    if not 1 <= len(sweep.title.strip()) <= TITLE_CHARACTERS_MAX or not sweep.title.isprintable():
        raise Rejected("sweep.title", f"a title is one line of 1 to {TITLE_CHARACTERS_MAX} characters")
    if len(sweep.words) > WORDS_CHARACTERS_MAX or "\0" in sweep.words:
        raise Rejected("sweep.words", f"at most {WORDS_CHARACTERS_MAX} characters: they go into a message")
    if not SPAN_MIN <= sweep.lasts <= SPAN_MAX:
        raise Rejected(
            "sweep.span", "a sweep lasts 5 minutes to 14 days: write `minutes` between 5 and 20160"
        )
    if sweep.remind_after is not None and not timedelta(minutes=1) <= sweep.remind_after < sweep.lasts:
        raise Rejected(
            "sweep.remind", "the reminder comes 1 minute after the beginning or later, and before the end"
        )
    if sweep.level is not None and not 1 <= sweep.level <= 20:
        raise Rejected("sweep.level", "a level is 1 (the root) to 20")


def check_answer(answer: Answer) -> None:
    """Raise `Rejected` (`sweep.found`, `sweep.words`) for what is wrong."""
    counts = answer.answer is SweepAnswer.FOUND
    if counts != (answer.found is not None) or (
        answer.found is not None and not 1 <= answer.found <= FOUND_MAX
    ):
        raise Rejected("sweep.found", f"with `found`, and only then, say how many: 1 to {FOUND_MAX}")
    if len(answer.words) > WORDS_CHARACTERS_MAX or "\0" in answer.words:
        raise Rejected("sweep.words", f"at most {WORDS_CHARACTERS_MAX} characters")


def state_of(sweep: Sweep, now: datetime) -> SweepState:
    """Say where a sweep stands."""
    if sweep.ended is not None:
        return SweepState.ENDED
    if sweep.counts.answered == sweep.counts.total:
        return SweepState.COMPLETE
    return SweepState.OVERDUE if now >= sweep.until else SweepState.RUNNING
