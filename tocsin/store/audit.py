"""What an audit reads of incidents: their stored chains, and the rows that a replay is compared with.

All of one incident is read in one snapshot, so that a transaction of the centre is seen whole or not
at all.  Nothing is judged here but the chain itself: the replay is `tocsin.watch.audit`'s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import dict_row

from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Recorded
from tocsin.store import chain
from tocsin.store.connect import Connection, connection_string, translate
from tocsin.store.rows import Fields
from tocsin.store.sql import queries

Q: Final = queries("watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One incident as it stands in the tables."""

    incident: IncidentId
    whole: bool
    """Whether its chain proves itself: no event was changed, added or taken away."""
    open: bool
    events: Sequence[Recorded]
    """Empty when the chain is broken: what was changed is not replayed."""
    policy: str
    """Text of the policy it runs under."""
    deadlines: dict[str, datetime]
    notices: frozenset[str]


async def sample(database: Connection, most: int) -> list[IncidentId]:
    """Draw at most so many open incidents and as many recent ones that have ended."""
    rows = await _ask(database, "sample", most=most)
    return [IncidentId(row["id"]) for row in rows]


async def every(database: Connection) -> AsyncIterator[IncidentId]:
    """Name every incident there is."""
    after = ""
    while rows := await _ask(database, "all_incidents", after=after):
        for row in rows:
            yield IncidentId(row["id"])
        after = rows[-1]["id"]


async def verify_chains(dsn: str, most: int | None) -> tuple[int, list[IncidentId]]:
    """Verify a sample of logs, or with None all; give how many were read and which do not prove themselves."""
    count, broken = 0, []
    with translate():
        async with await AsyncConnection.connect(connection_string(dsn), autocommit=True) as database:
            async for incident in every(database) if most is None else _drawn(database, most):
                found = await read(database, incident, rows=False)
                count += found is not None
                if found is not None and not found.whole:
                    broken.append(incident)
    return count, broken


async def _drawn(database: Connection, most: int) -> AsyncIterator[IncidentId]:
    for incident in await sample(database, most):
        yield incident


async def read(database: Connection, incident: IncidentId, *, rows: bool = True) -> Audited | None:
    """Read one incident in one snapshot; None when it does not exist.  The connection is in autocommit.

    Without `rows` the chain alone is read.
    """
    with translate():
        await database.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with database.transaction():
                return await _read(database, incident, rows=rows)
        finally:
            if not database.closed:
                await database.set_isolation_level(None)


async def _read(database: Connection, incident: IncidentId, *, rows: bool) -> Audited | None:
    ends = await _ask(database, "chain_end", incident=incident)
    if not ends:
        return None
    end = ends[0]
    stored = await _ask(database, "chain", incident=incident)
    links = [chain.Link(row["body"], row["prev_hash"], row["hash"]) for row in stored]
    whole = chain.verify(incident, links, end["head"], end["version"])
    open_deadlines = await _ask(database, "open_deadlines", incident=incident) if rows else []
    notices = await _ask(database, "notice_ids", incident=incident) if rows else []
    return Audited(
        incident=incident,
        whole=whole,
        open=end["open"],
        events=[chain.read(link.body) for link in links] if whole and rows else (),
        policy=end["policy"],
        deadlines={row["key"]: row["due_at"] for row in open_deadlines},
        notices=frozenset(row["id"] for row in notices),
    )


async def _ask(database: Connection, query: str, **values: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(Q[query], values)
        return await cursor.fetchall()
