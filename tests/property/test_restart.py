"""Killed between a snapshot and now, at any flush: the detectors of the centre say what they would have said."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.field import collector
from tests.support.ingest import NOON, NOON_US, SECOND, deliver, envelope, level
from tocsin.core.clock import ManualClock
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.decode import Decoder, Message
from tocsin.ingest.flush import Flusher
from tocsin.ingest.rules import RulesBook
from tocsin.store.memory.field import MemoryFlushStore

RULES = DetectorsConfig.model_validate(
    {
        "detectors": [
            {
                "name": "high",
                "detector": "threshold",
                "match": "*/level",
                "kind": "flood",
                "above": 3.0,
                "hysteresis": 0.5,
                "for_seconds": 3,
                "clear_for_seconds": 4,
            },
            {
                "name": "rising",
                "detector": "rate",
                "match": "*/level",
                "kind": "flood",
                "change": 1.0,
                "window_seconds": 10,
                "direction": "rise",
                "confirm": 2,
            },
            {"name": "silence", "detector": "silence", "match": "*", "limit_seconds": 5},
        ]
    }
)

flushes = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 6), st.integers(-3, 0)), max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)
"""Of each flush: its readings (device, value, seconds of delay), and whether the worker is killed after it."""


async def said(script: list[tuple[list[tuple[str, float, int]], bool]], *, killed: bool) -> list[str]:
    clock = ManualClock(NOON)
    store = MemoryFlushStore(clock, [collector()])
    told: list[str] = []

    async def attach(_flush: object, new: object) -> None:
        told.extend(f"{one.detection.id} {one.detection.phase} {one.detection.observed}" for one in new)  # type: ignore[attr-defined]

    async def renew() -> None:
        """Nothing to renew."""

    def worker() -> Flusher:
        banks = Banks(
            store, RulesBook.fixed(lambda _: StreamBank(RULES, at="centre"), RULES.digest()), replay_flushes=3
        )
        made = Flusher(store, banks, attach, snapshot_seconds=4)  # type: ignore[arg-type]
        made.collectors = store.known
        return made

    lease = await store.acquire(0, "one", 3600)
    assert lease is not None
    decoder, flusher = Decoder(store.known), worker()
    for number, (readings, dies) in enumerate(script, 1):
        clock.advance(timedelta(seconds=1))
        items = [
            level(value, seconds=number + delay, name=f"{name}/level") for name, value, delay in readings
        ]
        messages = []
        if items:
            sealed = envelope(
                number, items, sent=NOON_US + number * SECOND, mono=(5_000 + number) * SECOND, historical=True
            )
            decoded = decoder.decode(deliver(sealed))
            assert isinstance(decoded, Message), decoded
            messages = [decoded]
        await flusher.commit(lease, Batch(messages), [3], renew)
        if dies and killed:
            flusher = worker()
    return told


@settings(max_examples=60, deadline=None)
@given(flushes)
def test_a_worker_that_is_killed_anywhere_says_what_one_says_that_lived(
    script: list[tuple[list[tuple[str, float, int]], bool]],
) -> None:
    assert asyncio.run(said(script, killed=True)) == asyncio.run(said(script, killed=False))


def test_the_script_of_a_flood_says_something() -> None:
    flood = [([("a", 5.0, 0)], number % 2 == 0) for number in range(12)] + [([], False)] * 10
    told = asyncio.run(said(flood, killed=True))
    assert len(told) >= 2
    assert told == asyncio.run(said(flood, killed=False))
