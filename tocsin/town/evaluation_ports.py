"""What keeps evaluation: acts that count, weights, published scores, contests, points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tocsin.core.ids import GridCode, PersonId
from tocsin.town.evaluation import Counts, Indicator, Member, Score, Standing, Weights
from tocsin.town.points import Category, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One row behind a score."""

    indicator: Indicator
    at: datetime
    subject: str
    """What it was done to: `incident:<id>`, `tag:<id>`, `grid:<code>`, `person:<id>`, or the day of a sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Scores of a month as they were published for a grid and what lies below."""

    id: str
    root: GridCode
    month: date
    weights: Weights
    published: datetime
    published_by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A quarter's contest as it was fixed."""

    id: str
    root: GridCode
    quarter: date
    fixed: datetime
    fixed_by: PersonId
    standings: tuple[Standing, ...]
    """Best first within each class."""


class EvaluationStore(Protocol):
    """Keeps and reads all of it; a scope is the path of a grid, empty for everything."""

    async def note(self, act: str, person: PersonId, indicator: Indicator, subject: str) -> None:
        """Keep that somebody did something that counts; the same act again is no second row."""
        ...

    async def patrol(self, person: PersonId, secret: bytes) -> tuple[str, GridCode] | None:
        """Keep that somebody scanned a place's code, once a day; gives its name and grid, None for an unknown code."""
        ...

    async def weights(self, path: str) -> Weights:
        """Give the weights that hold for a path: those of the nearest grid at or above that has some."""
        ...

    async def set_weights(self, root: GridCode, weights: Weights, person: PersonId) -> None:
        """Set the weights of a grid and what lies below."""
        ...

    async def members(
        self, scope: str, since: datetime, until: datetime, person: PersonId | None = None
    ) -> Sequence[tuple[Member, Counts]]:
        """Count the acts of every member of a scope in a span, or of one: those who have a tier to answer for in it."""
        ...

    async def acts(self, person: PersonId, since: datetime, until: datetime, most: int) -> Sequence[Act]:
        """Give the rows behind a member's score, oldest first."""
        ...

    async def publication(self, root: GridCode, month: date) -> Publication | None:
        """Give what was published for exactly this grid."""
        ...

    async def published_of(self, person: PersonId, month: date) -> tuple[Publication, Score] | None:
        """Give a member's published score; of several the one of the nearest grid."""
        ...

    async def published(
        self, publication: Publication, scope: str, grid_class: str | None, most: int, skip: int
    ) -> Sequence[Score]:
        """Give published scores by class and rank, those within a scope."""
        ...

    async def publish(self, publication: Publication, scores: Sequence[Score]) -> bool:
        """Keep a month's scores for ever; False when the grid's month was published already."""
        ...

    async def totals(
        self, root: GridCode, months: Sequence[date]
    ) -> Mapping[date, Sequence[tuple[Member, int]]]:
        """Give the published totals of some months; a month that was not published is missing."""
        ...

    async def fix(self, contest: Contest) -> bool:
        """Keep a contest for ever; False when the grid's quarter was fixed already."""
        ...

    async def contests(self, scope: str, most: int) -> Sequence[Contest]:
        """Give the contests of a scope, newest first."""
        ...

    async def categories(self) -> Sequence[Category]:
        """Give the categories of points, in order."""
        ...

    async def entries(
        self, scope: str, holder: PersonId | None, *, waiting: bool, most: int, before: datetime | None
    ) -> Sequence[Entry]:
        """Give entries of holders of a scope, newest first; all, or those that wait for an answer."""
        ...

    async def entry(self, scope: str, entry: str) -> Entry | None:
        """Find an entry whose holder is of a scope."""
        ...

    async def balance(self, holder: PersonId) -> int:
        """Give what a holder may spend."""
        ...

    async def award(self, entry: Entry) -> None:
        """Keep an award that waits for an answer; the same id again changes nothing.

        Raises `Rejected` as `points.check_award`, and `points.category` for an unknown one.
        """
        ...

    async def correct(self, entry: Entry) -> None:
        """Keep a counter-entry that waits for an answer; the same id again changes nothing.

        Raises `Rejected` as `points.check_correction`.
        """
        ...

    async def answer(self, entry: str, person: PersonId, *, granted: bool) -> None:
        """Grant or refuse what waits; the same answer of the same person again changes nothing.

        Raises `Rejected` as `points.check_answer`. Two at once are answered one after the other.
        """
        ...

    async def redeem(self, entry: Entry) -> None:
        """Keep a redemption; the same id again changes nothing.

        Raises `Rejected` as `points.check_redemption`. Of two at once that together spend too much one is refused.
        """
        ...
