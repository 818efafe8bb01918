"""What one flush is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.ingest.decode import Decoded, Link, Message, Refused
from tocsin.ingest.ports import Token


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded messages of one flush, in order of receipt."""

    messages: Sequence[Message] = ()
    links: Sequence[Link] = ()
    refused: Sequence[Refused] = ()
    forced: bool = False
    """Store messages although the ledger has them: a retry of what was committed as quarantined."""
    hidden: bool = False
    """Detectors of this process neither see it nor tick: they are another worker's."""
    settles: int | None = None
    """Number of the quarantined message that this flush drives again; settled in the same transaction."""

    def tokens(self) -> list[Token]:
        """Name the deliveries to acknowledge after commit."""
        return [item.delivery.token for item in self.items()]

    def items(self) -> Iterator[Decoded]:
        """Give everything of it."""
        yield from self.messages
        yield from self.links
        yield from self.refused

    def __len__(self) -> int:
        return len(self.messages) + len(self.links) + len(self.refused)

    def singles(self) -> Iterable[Batch]:
        """Split into one batch per message."""
        for message in self.messages:
            yield Batch(messages=(message,))
        for link in self.links:
            yield Batch(links=(link,))
        for refused in self.refused:
            yield Batch(refused=(refused,))
