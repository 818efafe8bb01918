"""The outbox on disk: SQLite in WAL mode, flushed at every commit, one file per epoch.

Blocking; `outbox.Outbox` calls it from one thread. What `put` returned survives a power cut.
Sequence numbers are given in the transaction that stores the envelope, so they have no holes; a
number leaves the file by a receipt or stays under a tombstone. A damaged file is put aside, never
repaired: a new one begins a new epoch. A file that was set back (an old copy, a restored disk) goes
on under a new epoch too, because the centre knows the numbers it would give again.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from tocsin.core import wire
from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Transient
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Envelope, Lane, LaneReceipt, Tombstone
from tocsin.edge.sending import EVICTION_ORDER, Candidate, Run, Urgency, choose_evictions, runs

log = structlog.get_logger()

FORMAT: Final = 1
EVICTION_STEP: Final = 512
"""Envelopes looked at in one go when space is needed."""
DAY_US: Final = 86_400_000_000

_SCHEMA: Final = """
create table if not exists meta (key text primary key, value integer not null) without rowid;
create table if not exists lane (lane text primary key, next integer not null) without rowid;
create table if not exists envelope (
    lane text not null,
    seq integer not null,
    last integer not null,
    urgency integer not null,
    sealed_us integer not null,
    sure integer not null,
    items integer not null,
    size integer not null,
    reason text,
    payload blob
);
create unique index if not exists envelope_seq on envelope (lane, seq);
create index if not exists envelope_urgency on envelope (urgency, lane, seq, size, items, sealed_us, sure);
create index if not exists envelope_oldest on envelope (urgency, seq);
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sealed; its sequence number is given when it is stored."""

    lane: Lane
    urgency: Urgency
    items: msgspec.Raw
    count: int
    clock: ClockState
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """One envelope as it will be sent."""

    lane: Lane
    seq: int
    last: int
    size: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits."""

    envelopes: int
    bytes: int
    oldest_us: int | None
    lost: int


class OutboxFile:
    """One open outbox file; everything may raise `Transient` when the disk refuses."""

    def __init__(
        self, path: Path, *, collector: CollectorId, clock: Clock, boot: str, bytes_max: int, days_max: float
    ) -> None:
        self._path = path
        self._collector = collector
        self._clock = clock
        self._boot = boot
        self._bytes_max = bytes_max
        self._age_max_us = int(days_max * DAY_US)
        self.put_aside: list[Path] = []
        """Damaged files that were renamed since start."""
        self._open()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if _is_trouble_of_the_disk(error):
                raise Transient(f"cannot open the outbox {self._path}: {error}") from error
            self._begin_anew(error)

    def _connect(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db = connection
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma temp_store = memory")
        connection.execute("pragma cache_size = -2000")
        verdict = connection.execute("pragma quick_check(1)").fetchone()
        if verdict[0] != "ok":
            raise sqlite3.DatabaseError(f"quick_check: {verdict[0]}")
        connection.executescript(_SCHEMA)
        connection.execute("begin immediate")
        connection.execute("insert or ignore into meta values ('format', ?)", (FORMAT,))
        connection.execute("insert or ignore into meta values ('epoch', ?)", (secrets.randbits(63),))
        connection.execute("insert or ignore into meta values ('lost', 0)")
        connection.executemany("insert or ignore into lane values (?, 1)", [(lane.value,) for lane in Lane])
        # What a former run sealed as live is no longer live.
        connection.execute(
            "update envelope set urgency = ? where urgency = ?", (Urgency.BACKLOG, Urgency.LIVE)
        )
        connection.execute("commit")
        self.epoch: int = self._one("select value from meta where key = 'epoch'")
        self._lost: int = self._one("select value from meta where key = 'lost'")
        self._next: dict[Lane, int] = {
            Lane(lane): seq for lane, seq in connection.execute("select lane, next from lane")
        }
        self._count: int = self._one("select count(*) from envelope")
        self._bytes: int = self._one("select coalesce(sum(size), 0) from envelope")

    def _one(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])

    def _begin_anew(self, cause: Exception) -> None:
        with suppress(sqlite3.Error, AttributeError):
            self._db.close()
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%S") + "-" + secrets.token_hex(2)
        aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
        for ending in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        self.put_aside.append(aside)
        log.error("outbox.damaged", file=str(self._path), put_aside=str(aside), reason=str(cause)[:200])
        self._connect()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        counters = self._count, self._bytes, self._lost, dict(self._next)
        self._db.execute("begin immediate")
        try:
            yield self._db
            self._db.execute("commit")
        except BaseException:
            self._count, self._bytes, self._lost, self._next = counters
            with suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not _is_trouble_of_the_disk(error):
                self._replace(error)
            raise Transient(f"outbox: {error}") from error

    def _replace(self, cause: sqlite3.DatabaseError) -> None:
        try:
            self._begin_anew(cause)
        except (OSError, sqlite3.Error) as error:
            # The disk takes nothing at all; the next call finds the file closed and tries again.
            raise Transient(f"outbox: cannot begin a new file {self._path}: {error}") from error

    def put(self, drafts: Sequence[Draft], *, keep: Collection[tuple[Lane, int]] = ()) -> list[int]:
        """Seal and store in one commit, making room first; give their sequence numbers.

        `keep` names envelopes on their way, evicted only when nothing else is left. Raises
        `Transient` when nothing could be stored; no number is used up then.
        """
        with self._guarded(), self._transaction():
            self._make_room(sum(len(bytes(d.items)) + 160 for d in drafts), "full", keep)
            return [self._insert(draft) for draft in drafts]

    def _insert(self, draft: Draft) -> int:
        seq = self._next[draft.lane]
        now_us = to_us(self._clock.now())
        payload = wire.seal(
            self._envelope(
                draft.lane, seq, now_us, draft.clock, items=draft.items, historical=draft.historical
            )
        )
        self._db.execute(
            "insert into envelope values (?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
            (
                draft.lane.value,
                seq,
                seq,
                draft.urgency,
                now_us,
                draft.clock is ClockState.SYNCED,
                draft.count,
                len(payload),
                payload,
            ),
        )
        self._db.execute("update lane set next = ? where lane = ?", (seq + 1, draft.lane.value))
        self._next[draft.lane] = seq + 1
        self._count += 1
        self._bytes += len(payload)
        return seq

    def _envelope(
        self,
        lane: Lane,
        seq: int,
        now_us: int,
        clock: ClockState,
        *,
        items: msgspec.Raw | None = None,
        historical: bool = False,
        lost: list[Tombstone] | None = None,
    ) -> Envelope:
        return Envelope(
            v=wire.VERSION,
            collector=self._collector,
            epoch=self.epoch,
            lane=lane,
            seq=seq,
            boot=self._boot,
            sent=now_us,
            mono=int(self._clock.monotonic() * 1e6),
            clock=clock,
            historical=historical,
            items=items if items is not None else msgspec.Raw(b"\x90"),
            lost=lost or [],
        )

    def _make_room(self, needed: int, reason: str, keep: Collection[tuple[Lane, int]]) -> None:
        excess = self._bytes + needed - self._bytes_max
        if excess <= 0:
            return
        # A little more than needed, so that a full outbox does not evict at every put.
        excess += self._bytes_max // 100
        spared = set(keep)
        for sparing in (True, False):
            for urgency in EVICTION_ORDER:
                while excess > 0:
                    batch = self._candidates(urgency, spared if sparing else set())
                    chosen = choose_evictions(batch, excess)
                    if not chosen:
                        break
                    excess -= sum(c.size for c in chosen)
                    self._bury(runs(chosen), reason)

    def _candidates(self, urgency: Urgency, spared: set[tuple[Lane, int]]) -> list[Candidate]:
        rows = self._db.execute(
            "select lane, seq, size, items from envelope where urgency = ? order by seq limit ?",
            (urgency, EVICTION_STEP + len(spared)),
        )
        return [
            Candidate(Lane(lane), seq, size, items)
            for lane, seq, size, items in rows
            if (Lane(lane), seq) not in spared
        ]

    def _bury(self, evicted: Sequence[Run], reason: str) -> None:
        now_us = to_us(self._clock.now())
        for run in evicted:
            count, size = self._db.execute(
                "select count(*), coalesce(sum(size), 0) from envelope where lane = ? and seq between ? and ?",
                (run.lane.value, run.first, run.last),
            ).fetchone()
            self._db.execute(
                "delete from envelope where lane = ? and seq between ? and ?",
                (run.lane.value, run.first, run.last),
            )
            self._count -= count
            self._bytes -= size
            self._place_stone(run, reason, now_us)
            self._lost += run.items
        self._db.execute("update meta set value = ? where key = 'lost'", (self._lost,))
        log.warning(
            "outbox.evicted", reason=reason, envelopes=len(evicted), items=sum(r.items for r in evicted)
        )

    def _place_stone(self, run: Run, reason: str, now_us: int) -> None:
        first, last, items = run.first, run.last, run.items
        # Only stones that were never sealed may still grow: sealed bytes never change.
        neighbours = self._db.execute(
            "select seq, last, items from envelope where lane = ? and reason = ? and payload is null"
            " and (last = ? or seq = ?)",
            (run.lane.value, reason, run.first - 1, run.last + 1),
        ).fetchall()
        for seq, end, lost in neighbours:
            first, last, items = min(first, seq), max(last, end), items + lost
            self._db.execute("delete from envelope where lane = ? and seq = ?", (run.lane.value, seq))
            self._count -= 1
        self._db.execute(
            "insert into envelope values (?, ?, ?, ?, ?, 0, ?, 0, ?, null)",
            (run.lane.value, first, last, Urgency.LOSS, now_us, items, reason),
        )
        self._count += 1

    def expire(self, *, clock: ClockState, keep: Collection[tuple[Lane, int]] = ()) -> int:
        """Drop what is older than the bound; give how many items.

        Only where the clock was right at sealing and is right now: a box that wakes up in 1970
        and is then set must not throw its week away.
        """
        if clock is not ClockState.SYNCED:
            return 0
        before = to_us(self._clock.now()) - self._age_max_us
        lost = self._lost
        with self._guarded(), self._transaction():
            spared = set(keep)
            for urgency in EVICTION_ORDER:
                while chosen := self._aged(urgency, before, spared):
                    self._bury(runs(chosen), "age")
        return self._lost - lost

    def _aged(self, urgency: Urgency, before_us: int, spared: set[tuple[Lane, int]]) -> list[Candidate]:
        rows = self._db.execute(
            "select lane, seq, size, items, sealed_us, sure from envelope where urgency = ? order by seq limit ?",
            (urgency, EVICTION_STEP + len(spared)),
        )
        return [
            Candidate(Lane(lane), seq, size, items)
            for lane, seq, size, items, sealed_us, sure in rows
            if sure and sealed_us < before_us and (Lane(lane), seq) not in spared
        ]

    def waiting(
        self, urgency: Urgency, lane: Lane, skip: Collection[int], most: int
    ) -> list[tuple[int, int]]:
        """List (seq, size) of one class in order of sequence, without those to skip."""
        with self._guarded():
            rows = self._db.execute(
                "select seq, size from envelope where urgency = ? and lane = ? order by seq limit ?",
                (urgency, lane.value, most + len(skip)),
            )
            return [(seq, size) for seq, size in rows if seq not in skip][:most]

    def lanes_waiting(self, urgency: Urgency) -> list[Lane]:
        """List the lanes that have something of a class."""
        with self._guarded():
            rows = self._db.execute("select distinct lane from envelope where urgency = ?", (urgency,))
            return [Lane(row[0]) for row in rows]

    def load(self, lane: Lane, seq: int, *, clock: ClockState) -> Stored | None:
        """Read one envelope; a tombstone is sealed and stored now. None when it is gone."""
        with self._guarded():
            row = self._db.execute(
                "select last, items, reason, payload from envelope where lane = ? and seq = ?",
                (lane.value, seq),
            ).fetchone()
            if row is None:
                return None
            last, items, reason, payload = row
            if payload is None:
                payload = self._seal_stone(lane, Tombstone(seq, last, reason, items), clock)
            return Stored(lane, seq, last, len(payload), payload)

    def _seal_stone(self, lane: Lane, stone: Tombstone, clock: ClockState) -> bytes:
        now_us = to_us(self._clock.now())
        payload = wire.seal(self._envelope(lane, stone.first, now_us, clock, lost=[stone]))
        with self._transaction():
            self._db.execute(
                "update envelope set payload = ?, size = ? where lane = ? and seq = ?",
                (payload, len(payload), lane.value, stone.first),
            )
            self._bytes += len(payload)
        return payload

    def plausible(self, receipt: LaneReceipt) -> bool:
        """Say whether a receipt names only numbers of this epoch that were given out."""
        highest = max([receipt.upto, *(high for _, high in receipt.beyond)])
        return receipt.epoch == self.epoch and highest < self._next[receipt.lane]

    def renumber(self) -> int:
        """Begin a new epoch and seal everything that waits again in it; give how many envelopes.

        For a file that was set back: numbers it gives now were committed with other content, and the
        centre would take the new for duplicates. What it already has of the old ones comes twice.
        """
        epoch = secrets.randbits(63)
        with self._guarded(), self._transaction():
            before, self.epoch = self.epoch, epoch
            try:
                for lane in Lane:
                    self._renumber_lane(lane)
                self._db.execute("update meta set value = ? where key = 'epoch'", (epoch,))
                self._bytes = self._one("select coalesce(sum(size), 0) from envelope")
            except BaseException:
                self.epoch = before
                raise
        log.error("outbox.set_back", file=str(self._path), envelopes=self._count)
        return self._count

    def _renumber_lane(self, lane: Lane) -> None:
        numbers = self._db.execute(
            "select seq from envelope where lane = ? order by seq", (lane.value,)
        ).fetchall()
        for new, (old,) in enumerate(numbers, 1):
            payload, reason = self._db.execute(
                "select payload, reason from envelope where lane = ? and seq = ?", (lane.value, old)
            ).fetchone()
            # A tombstone speaks of numbers of the old epoch: here it is one number that is lost.
            sealed = None if reason is not None else self._again(payload, new)
            self._db.execute(
                "update envelope set seq = ?, last = ?, size = ?, payload = ? where lane = ? and seq = ?",
                (new, new, len(sealed or b""), sealed, lane.value, old),
            )
        self._next[lane] = len(numbers) + 1
        self._db.execute("update lane set next = ? where lane = ?", (self._next[lane], lane.value))

    def _again(self, payload: bytes, seq: int) -> bytes:
        envelope = msgspec.msgpack.decode(payload, type=Envelope)
        return wire.seal(msgspec.structs.replace(envelope, epoch=self.epoch, seq=seq))

    def settle(self, receipt: LaneReceipt) -> int:
        """Delete what a plausible receipt names; give how many envelopes."""
        with self._guarded(), self._transaction():
            before = self._count
            for low, high in [(0, receipt.upto), *receipt.beyond]:
                count, size = self._db.execute(
                    "select count(*), coalesce(sum(size), 0) from envelope"
                    " where lane = ? and seq between ? and ? and last <= ?",
                    (receipt.lane.value, low, high, high),
                ).fetchone()
                if count:
                    self._db.execute(
                        "delete from envelope where lane = ? and seq between ? and ? and last <= ?",
                        (receipt.lane.value, low, high, high),
                    )
                    self._count -= count
                    self._bytes -= size
            return before - self._count

    def depth(self) -> Depth:
        """Measure what waits."""
        oldest = None
        with self._guarded():
            for urgency in Urgency:
                for lane in Lane:
                    row = self._db.execute(
                        "select sealed_us from envelope where lane = ? and urgency = ? order by seq limit 1",
                        (lane.value, urgency),
                    ).fetchone()
                    if row is not None and (oldest is None or row[0] < oldest):
                        oldest = int(row[0])
        return self.counted(oldest)

    def counted(self, oldest_us: int | None = None) -> Depth:
        """Give the counters, without asking the disk."""
        return Depth(self._count, self._bytes, oldest_us, self._lost)

    def close(self) -> None:
        """Close the file; a later call does nothing."""
        self._db.close()


def _is_trouble_of_the_disk(error: sqlite3.DatabaseError) -> bool:
    """Tell a full or read-only disk or a busy file from a damaged one."""
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    return code in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
