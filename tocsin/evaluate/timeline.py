"""When time passed for the detectors of a partition, from what is left of the log of flushes.  Pure.

A live centre ticks every second; after an hour the log of these ticks is thinned to one a minute. There, between two
signs of life at most `PATIENCE` apart, time is let pass again; a longer gap is one in which nobody listened,
and stays one. Where the log is whole nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

STEP: Final = timedelta(seconds=5)
"""Between ticks that are made up: what only time brings is then at most so much later than it was live."""
PATIENCE: Final = timedelta(seconds=90)
"""The thinned log has a line a minute; half as much again is still the same life."""


class Timeline:
    """One partition's instants, fed piece by piece."""

    def __init__(self, whole_since: datetime) -> None:
        self._whole_since = whole_since
        self._last: datetime | None = None
        """The last sign of life."""
        self._passed = datetime.min.replace(tzinfo=UTC)
        """Up to when time has passed."""

    def fill(self, flushes: Sequence[datetime], signs: Sequence[datetime]) -> Iterator[tuple[datetime, bool]]:
        """Give the instants of a piece in order: flushes as they are, and (False) made-up ones between.

        `flushes` are those of this partition, `signs` any of its session.
        """
        own = set(flushes)
        for at in sorted(own.union(signs)):
            if self._last is None or at - self._last > PATIENCE or self._last >= self._whole_since:
                self._passed = at
            self._last = at
            while self._passed + STEP < at:
                self._passed += STEP
                yield self._passed, False
            if at in own:
                self._passed = at
                yield at, True
