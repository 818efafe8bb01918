from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.field import collector
from tests.support.ingest import NOON, NOON_US, SECOND, deliver, envelope, level
from tocsin import rules as centre
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.detectors import catalog
from tocsin.detectors.config import load
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.decode import Decoder, Message
from tocsin.ingest.flush import Flusher
from tocsin.ingest.ports import Flush, IncomingDetection, Lease
from tocsin.ingest.rules import RulesBook
from tocsin.rules import CentreRules, rules_again, rules_of
from tocsin.store.memory.field import MemoryFlushStore

HIGH = "{name: high, detector: threshold, match: '*/level', kind: flood, above: 3}"
HIGHER = "{name: high, detector: threshold, match: '*/level', kind: flood, above: 5}"
RISING = (
    "{name: rising, detector: rate, match: '*/level', kind: flood, change: 2, window_seconds: 60, confirm: 1}"
)
LOW = "{name: low, detector: threshold, match: '*/level', kind: level, below: 1}"


def text(*given: str) -> str:
    return f"detectors: [{', '.join(given)}]\n"


class Failing(MemoryFlushStore):
    """A database that gives up at the end of a flush."""

    failing = False

    @asynccontextmanager
    async def flush(self, lease: Lease, partitions: Sequence[int]) -> AsyncIterator[Flush]:
        async with super().flush(lease, partitions) as flush:
            yield flush
            if self.failing:
                raise ConnectionError


class Site:
    """One partition at the centre; a worker may die between any two flushes, or in the middle of one."""

    def __init__(self, *first: str) -> None:
        self.clock = ManualClock(NOON)
        self.store = Failing(self.clock, [collector()])
        self.decoder = Decoder(self.store.known)
        self.told: list[IncomingDetection] = []
        self.number = 0
        self.file = text(*first)
        self.start()

    def start(self) -> None:
        """A worker begins with the file as it is now."""
        self.book = RulesBook(rules_of(load(self.file)), rules_again)
        self.banks = Banks(self.store, self.book, replay_flushes=3)
        self.flusher = Flusher(self.store, self.banks, self.attach, snapshot_seconds=5)
        self.flusher.collectors = self.store.known

    def write(self, *given: str, live: bool = True) -> None:
        """Change the file; a worker that lives takes it up."""
        self.file = text(*given)
        if live:
            self.book.current = rules_of(load(self.file))

    async def attach(self, _flush: object, new: Sequence[IncomingDetection]) -> None:
        if not self.store.failing:
            self.told += new

    async def flush(self, value: float | None = None, *, fails_first: bool = False) -> list[str]:
        """Commit one flush with one reading, or only let time pass."""
        lease = await self.store.acquire(0, "one", 3600)
        assert lease is not None
        self.number += 1
        self.clock.advance(timedelta(seconds=1))
        messages = []
        if value is not None:
            sealed = envelope(
                self.number,
                [level(value, seconds=self.number)],
                sent=NOON_US + self.number * SECOND,
                mono=(5_000 + self.number) * SECOND,
                historical=True,
            )
            message = self.decoder.decode(deliver(sealed))
            assert isinstance(message, Message)
            messages = [message]
        before = len(self.told)
        if fails_first:
            self.store.failing = True
            with pytest.raises(ConnectionError):
                await self.flusher.commit(lease, Batch(messages), [3], _nothing)
            self.store.failing = False
        await self.flusher.commit(lease, Batch(messages), [3], _nothing)
        return [f"{one.detection.detector} {one.detection.phase}" for one in self.told[before:]]


async def _nothing() -> None:
    """Nothing to renew."""


async def test_a_change_keeps_what_did_not_change_and_ends_what_did() -> None:
    site = Site(HIGH, RISING)
    assert await site.flush(1.5) == []
    assert await site.flush(4) == ["high raise", "rising raise"]
    site.write(HIGHER, RISING, LOW)
    assert await site.flush() == ["high clear"]
    cleared = site.told[-1].detection
    assert "changed or taken away" in cleared.reason
    assert cleared.observed == NOON + timedelta(seconds=2), "the last instant before the change"
    assert await site.flush(6) == ["high raise"], "rising stands as before"


async def test_the_flush_of_the_change_saves_the_new_configuration() -> None:
    site = Site(HIGH)
    await site.flush(4)
    site.write(RISING)
    await site.flush()
    saved = await site.store.detectors(3)
    assert saved is not None
    assert (saved.at, saved.configuration) == (site.clock.now(), site.book.current.digest)


async def test_a_change_whose_flush_fails_happens_again_as_if_it_were_the_first_time() -> None:
    site = Site(HIGH)
    await site.flush(4)
    site.write(LOW)
    assert await site.flush(fails_first=True) == ["high clear"]
    assert await site.flush() == []


async def test_after_a_restart_with_another_file_the_old_rules_see_what_they_saw_and_then_end() -> None:
    site = Site(HIGH)
    await site.flush(1)
    await site.flush(4)  # raised after the snapshot
    site.write(LOW, live=False)
    site.start()
    assert await site.flush() == ["high clear"]


async def test_a_new_rule_never_sees_a_replay_in_silence() -> None:
    site = Site(RISING)
    await site.flush(1)
    await site.flush(2.9)
    site.write(RISING, HIGH.replace("above: 3", "above: 2"), live=False)
    site.start()
    assert await site.flush(2.9) == ["high raise"], "what stood before the change is told now"


async def test_a_detector_that_answers_otherwise_in_a_new_version_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site(HIGH, RISING)
    await site.flush(1.5)
    await site.flush(4)
    site.banks.discard()
    lease = await site.store.acquire(0, "one", 3600)
    assert lease is not None
    entry = catalog.STREAMS["threshold"]
    monkeypatch.setitem(catalog.STREAMS, "threshold", replace(entry, number=entry.number + 1))
    site.start()
    assert await site.flush(4.5) == ["high raise"], "and rising goes on"


def test_rules_made_again_are_the_same_rules() -> None:
    made = rules_of(load(text(HIGH, RISING)))
    assert rules_again(made.data).digest == made.digest
    for broken in (b"", b"\x00", made.data[:-5], b"x" * 100):
        with pytest.raises(Rejected, match="start without it"):
            rules_again(broken)


def test_rules_of_the_box_and_cameras_do_not_change_the_centre() -> None:
    more = "{name: b, detector: silence, at: box}"
    assert rules_of(load(text(HIGH))).digest == rules_of(load(text(HIGH, more) + "cameras: {a: []}")).digest
    assert rules_of(load(text(HIGH))).digest != rules_of(load(text(HIGHER))).digest


FILES = st.sampled_from([(HIGH,), (HIGH, RISING), (RISING,), (HIGHER, RISING), (LOW, HIGH)])
SCRIPT = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from([0.5, 2.0, 2.5, 4.0, 6.0])),
        st.one_of(st.none(), FILES),
        st.sampled_from(["lives", "dies before", "fails first", "dies after"]),
    ),
    min_size=1,
    max_size=20,
)
"""Of each flush: its reading, another file before it, and what becomes of the worker."""


async def said(script: list[tuple[float | None, tuple[str, ...] | None, str]], *, killed: bool) -> list[str]:
    site = Site(HIGH)
    for value, file, fate in script:
        if file is not None:
            site.write(*file)
        if killed and fate == "dies before":
            site.start()
        await site.flush(value, fails_first=killed and fate == "fails first")
        if killed and fate == "dies after":
            site.start()
    return [f"{one.detection.id} {one.detection.phase} {one.detection.observed}" for one in site.told]


@settings(max_examples=60, deadline=None)
@given(SCRIPT)
def test_a_worker_that_is_killed_at_any_step_says_what_one_says_that_lived(
    script: list[tuple[float | None, tuple[str, ...] | None, str]],
) -> None:
    assert asyncio.run(said(script, killed=True)) == asyncio.run(said(script, killed=False))


# -- the file -----------------------------------------------------------------------------------------


async def test_the_file_is_read_or_named(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    assert CentreRules(None, good).config.detectors
    file = tmp_path / "detectors.yaml"
    with pytest.raises(Rejected, match=r"detectors: cannot read .*detectors\.yaml"):
        CentreRules(file, good)
    file.write_text(text(HIGH))
    assert [rule.name for rule in CentreRules(file, good).config.detectors] == ["high"]


async def test_a_faulty_file_changes_nothing_and_a_restart_takes_the_last_good_one(tmp_path: Path) -> None:
    file, good = tmp_path / "detectors.yaml", tmp_path / "data" / "good.yaml"
    file.write_text(text(HIGH))
    made = CentreRules(file, good)
    before = made.book.current
    file.write_text("detectors: [{name: a, detector: treshold}]")
    assert not await made.reload()
    assert made.book.current is before
    again = CentreRules(file, good)
    assert again.book.current.digest == before.digest
    file.write_text(text(LOW))
    assert await again.reload()
    assert [rule.name for rule in again.config.detectors] == ["low"]


async def test_a_change_is_taken_up_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre, "POLL_SECONDS", 0.01)
    file = tmp_path / "detectors.yaml"
    file.write_text(text(HIGH))
    made = CentreRules(file, tmp_path / "good.yaml")
    running = asyncio.create_task(made.run())
    before = made.book.current.digest
    file.write_text(text(LOW))
    async with asyncio.timeout(10):
        while made.book.current.digest == before:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_where_the_last_good_one_cannot_be_kept_the_file_is_in_force_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "detectors.yaml"
    file.write_text(text(HIGH))
    (tmp_path / "a-file").write_text("")
    made = CentreRules(file, tmp_path / "a-file" / "good.yaml")
    assert [rule.name for rule in made.config.detectors] == ["high"]
