"""Whatever happens to the outbox, every number is delivered, stored or under a tombstone."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.edge import lane_receipt
from tocsin.core import wire
from tocsin.core.clock import ManualClock
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Lane, Senml
from tocsin.edge.outbox_file import Draft, OutboxFile
from tocsin.edge.sending import Urgency

KINDS = [
    (Lane.ALARM, Urgency.ALARM),
    (Lane.HEALTH, Urgency.HEALTH),
    (Lane.DATA, Urgency.LIVE),
    (Lane.DATA, Urgency.BACKLOG),
    (Lane.MEDIA, Urgency.EVIDENCE),
    (Lane.MEDIA, Urgency.ROUTINE),
]


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
        self.given: dict[Lane, int] = dict.fromkeys(Lane, 0)
        self.centre: dict[Lane, set[int]] = {lane: set() for lane in Lane}
        self.sealed: dict[tuple[Lane, int], bytes] = {}
        self.file = self.open()

    def open(self) -> OutboxFile:
        return OutboxFile(
            Path(self.folder.name) / "o.sqlite",
            collector=CollectorId("weir"),
            clock=self.clock,
            boot="b",
            bytes_max=4_000,
            days_max=7,
        )

    @rule(kind=st.sampled_from(KINDS), size=st.integers(0, 900), many=st.integers(1, 4))
    def put(self, kind: tuple[Lane, Urgency], size: int, many: int) -> None:
        lane, urgency = kind
        draft = Draft(lane, urgency, wire.pack_items([Senml(n="a/b", vs="x" * size)]), 1, ClockState.SYNCED)
        numbers = self.file.put([draft] * many)
        assert numbers == list(range(self.given[lane] + 1, self.given[lane] + many + 1))
        self.given[lane] += many

    @rule(lane=st.sampled_from(Lane), choice=st.randoms(use_true_random=False))
    def deliver(self, lane: Lane, choice: object) -> None:
        stored = [seq for urgency in Urgency for seq, _ in self.file.waiting(urgency, lane, (), 1000)]
        if not stored:
            return
        seq = choice.choice(stored)  # type: ignore[attr-defined]  # hypothesis gives a Random
        sent = self.file.load(lane, seq, clock=ClockState.SYNCED)
        assert sent is not None
        envelope = wire.open_envelope(sent.payload)
        assert envelope.seq == seq
        key = (lane, seq)
        if not envelope.lost:
            assert self.sealed.setdefault(key, sent.payload) == sent.payload, "sealed bytes never change"
            self.centre[lane].add(seq)
        for stone in envelope.lost:
            assert stone.first == seq
            self.centre[lane].update(range(stone.first, stone.last + 1))

    @rule(lane=st.sampled_from(Lane))
    def receipt(self, lane: Lane) -> None:
        receipt = lane_receipt(self.file.epoch, lane, self.centre[lane])
        assert self.file.plausible(receipt)
        self.file.settle(receipt)

    @rule(days=st.sampled_from([0.1, 3, 8]))
    def grow_old(self, days: float) -> None:
        self.clock.advance(timedelta(days=days))
        self.file.expire(clock=ClockState.SYNCED)

    @precondition(lambda self: any(self.given.values()))
    @rule()
    def crash(self) -> None:
        self.file.close()
        self.file = self.open()

    @invariant()
    def nothing_is_missing(self) -> None:
        waiting = 0
        for lane in Lane:
            covered = set(self.centre[lane])
            rows = self.file._db.execute(
                "select seq, last from envelope where lane = ?", (lane.value,)
            ).fetchall()
            for first, last in rows:
                covered.update(range(first, last + 1))
            waiting += len(rows)
            assert covered == set(range(1, self.given[lane] + 1))
        assert self.file.depth().envelopes == waiting

    @invariant()
    def it_is_bounded(self) -> None:
        held = self.file._db.execute(
            "select coalesce(sum(size), 0) from envelope where reason is null"
        ).fetchone()[0]
        assert held <= 4_000 + 4 * 1_100

    def teardown(self) -> None:
        self.file.close()
        self.folder.cleanup()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
