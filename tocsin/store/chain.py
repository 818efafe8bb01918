"""The hash chain of one incident's events: records in, stored bytes and hashes out, no I/O.

The bytes of a record hold all of it (event, actor, both instants, place in the chain), so that
nothing of it can be changed unseen.  `verify` looks at stored bytes only, never at values made of
them: a record that would be written differently today still proves itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Recorded, event_encoder

_decoder: Final = msgspec.json.Decoder(Recorded)


class Link(NamedTuple):
    """One record as it is stored."""

    body: bytes
    prev_hash: bytes
    hash: bytes


def origin(incident: IncidentId) -> bytes:
    """Give the hash that stands before the first event: no two incidents' chains can be exchanged."""
    return sha256(incident.encode()).digest()


def forge(head: bytes, records: Sequence[Recorded]) -> list[Link]:
    """Chain records of one incident, in order, to the hash of its newest event (or `origin`)."""
    links: list[Link] = []
    for record in records:
        body = event_encoder.encode(record)
        link = Link(body, head, sha256(head + body).digest())
        links.append(link)
        head = link.hash
    return links


def verify(incident: IncidentId, links: Iterable[Link], head: bytes, version: int) -> bool:
    """Say whether stored links are the whole, unchanged chain that ends in `head` at `version`."""
    last, count = origin(incident), 0
    for link in links:
        if link.prev_hash != last or sha256(last + link.body).digest() != link.hash:
            return False
        last, count = link.hash, count + 1
    return last == head and count == version


def read(body: bytes) -> Recorded:
    """Decode one record's stored bytes."""
    return _decoder.decode(body)
