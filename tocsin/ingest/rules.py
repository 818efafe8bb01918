"""Which configuration of the detectors a partition runs, and how an earlier one is made again from its data.

The book is replaced while sessions run; each partition changes over before its next flush, and the
state saved in that flush carries the new configuration, so that a replay shows every flush to the
detectors that saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.core.errors import Rejected
from tocsin.ingest.ports import StreamBank


@dataclass(frozen=True, slots=True)
class Rules:
    """One configuration."""

    digest: str
    """Names it; the same configuration of the same code has the same."""
    data: bytes
    """The configuration itself, as snapshots carry it."""
    bank: Callable[[int], StreamBank]
    """Makes the detectors of a partition."""


class RulesBook:
    """The configuration in force."""

    def __init__(self, current: Rules, again: Callable[[bytes], Rules]) -> None:
        """`again` makes a configuration of its data; it raises `Rejected` for what is none."""
        self.current = current
        self.again = again

    @classmethod
    def fixed(cls, bank: Callable[[int], StreamBank], digest: str = "") -> RulesBook:
        """Hold one configuration for good; another one's data is not understood."""
        only = Rules(digest, digest.encode(), bank)

        def again(data: bytes) -> Rules:
            if data != only.data:
                raise Rejected("detectors.state", "the saved state is of another configuration")
            return only

        return cls(only, again)
