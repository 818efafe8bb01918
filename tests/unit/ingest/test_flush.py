from datetime import timedelta

import msgspec
import pytest

from tests.support.field import collector
from tests.support.ingest import NOON, CountingBank, alarm, deliver, envelope, level
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Evidence, Kind, Phase
from tocsin.core.wire import AlarmItem, Heartbeat, Lane
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import load
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.decode import Decoder, Message
from tocsin.ingest.flush import Flusher
from tocsin.ingest.ports import Lease
from tocsin.ingest.rules import RulesBook
from tocsin.store.memory.field import MemoryFlush, MemoryFlushStore

ORDER = [
    "ledger",
    "save_ledger",
    "store_readings",
    "store_latest",
    "store_chunks",
    "store_detections",
    "store_detections",
    "attach",
    "save_detectors",
]


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.store = MemoryFlushStore(self.clock, [collector()])
        self.banks = Banks(self.store, RulesBook.fixed(CountingBank), replay_flushes=10)
        self.attached = []
        self.calls: list[str] = []
        self.flusher = Flusher(self.store, self.banks, self.attach, snapshot_seconds=30)
        self.flusher.collectors = self.store.known

    async def attach(self, _flush, new) -> None:
        self.calls.append("attach")
        self.attached += new

    def message(self, *arguments, **named) -> Message:
        decoded = Decoder(self.store.known).decode(deliver(envelope(*arguments, **named)))
        assert isinstance(decoded, Message)
        return decoded

    async def commit(self, *messages: Message, **more):
        lease = await self.store.acquire(0, "one", 30)
        assert isinstance(lease, Lease)
        return await self.flusher.commit(lease, Batch(messages, **more), (), self._renew)

    async def _renew(self) -> None:
        """Nothing to renew."""


@pytest.fixture
def bench() -> Bench:
    return Bench()


def spied(calls, name, original):
    def spy(self, *arguments):
        calls.append(name)
        return original(self, *arguments)

    return spy


async def test_a_flush_does_everything_in_its_order(bench, monkeypatch):
    for name in dict.fromkeys(ORDER):
        if name == "attach":
            continue

        monkeypatch.setattr(MemoryFlush, name, spied(bench.calls, name, getattr(MemoryFlush, name)))
    seen = envelope(1, [AlarmItem(alarm(), thumbnail=b"jpeg")], lane=Lane.ALARM)
    decoded = Decoder(bench.store.known).decode(deliver(seen))
    done = await bench.commit(bench.message(1, [level()]), decoded)
    assert bench.calls == ORDER
    assert (done.readings, done.detections, len(done.complete)) == (1, 1, 1)


async def test_a_flush_that_fails_leaves_nothing_and_its_detectors_are_restored(bench, monkeypatch):
    async def refuse(_flush, _new) -> None:
        raise RuntimeError("no")

    bench.flusher._attach = refuse
    with pytest.raises(RuntimeError):
        await bench.commit(*(bench.message(n, [level(seconds=n / 100)]) for n in range(1, 11)))
    assert bench.store.state.readings == []
    bench.flusher._attach = bench.attach
    await bench.commit(*(bench.message(n, [level(seconds=n / 100)]) for n in range(1, 11)))
    assert len(bench.attached) == 1


BOTH = load("""
detectors:
  - {name: high, detector: threshold, match: "*/level", above: 3, kind: flood}
together:
  - {name: agreed, kind: flood, within_seconds: 60, of: [{detector: high}, {kind: flood, device: "cam-*"}]}
""")


@pytest.mark.parametrize("restart_after", [0, 1, 2])
async def test_a_camera_of_a_box_and_a_gauge_at_the_centre_agree_over_any_restart(restart_after):
    bench = Bench()
    bench.flusher._banks = bench.banks = Banks(
        bench.store, RulesBook.fixed(lambda _: StreamBank(BOTH, at="centre")), replay_flushes=10
    )
    seen = alarm(kind=Kind.FLOOD, detector="water")
    steps = [
        bench.message(1, [AlarmItem(seen)], lane=Lane.ALARM),
        bench.message(2, [AlarmItem(seen)], lane=Lane.ALARM),
        bench.message(3, [level(4.0, seconds=1)]),
    ]
    for number, message in enumerate(steps):
        if number == restart_after:
            bench.banks.discard()
        await bench.commit(message)
    assert [one.detection.detector for one in bench.attached] == ["water", "high", "agreed"]
    agreed = bench.attached[-1].detection
    assert (agreed.observed - agreed.evidence.first) == timedelta(seconds=1)


async def test_a_rule_that_runs_on_the_box_is_the_boxs_to_say(bench):
    beat = Heartbeat(uptime_seconds=1, outbox_depth=0, outbox_bytes=0, rules=[alarm().detector])
    await bench.commit(bench.message(1, [beat], lane=Lane.HEALTH))
    readings = [level(float(n), seconds=n / 100) for n in range(10)]
    await bench.commit(bench.message(1, readings))
    assert bench.attached == []
    calm = msgspec.structs.replace(beat, rules=[])
    await bench.commit(bench.message(2, [calm], lane=Lane.HEALTH))
    assert len(bench.attached) == 1, "what still stands is told when the box gives the rule up"
    await bench.commit(bench.message(2, [level(float(n), seconds=0.1 + n / 100) for n in range(10)]))
    assert len(bench.attached) == 2


async def test_what_ended_while_the_box_spoke_for_it_is_never_told(bench):
    rules = load("detectors: [{name: high, detector: threshold, match: '*/level', above: 3, kind: flood}]")
    bench.flusher._banks = bench.banks = Banks(
        bench.store, RulesBook.fixed(lambda _: StreamBank(rules, at="centre")), replay_flushes=10
    )
    beat = Heartbeat(uptime_seconds=1, outbox_depth=0, outbox_bytes=0, rules=["high"])
    await bench.commit(bench.message(1, [beat], lane=Lane.HEALTH))
    await bench.commit(bench.message(1, [level(4.0, seconds=0.1), level(1.0, seconds=0.2)]))
    calm = msgspec.structs.replace(beat, rules=[])
    await bench.commit(bench.message(2, [calm], lane=Lane.HEALTH))
    assert bench.attached == []
    await bench.commit(bench.message(2, [level(4.0, seconds=0.3)]))
    assert [one.detection.phase for one in bench.attached] == [Phase.RAISE]


async def test_the_same_detection_is_attached_once(bench):
    for seq in (1, 2):
        seen = bench.message(seq, [AlarmItem(alarm())], lane=Lane.ALARM)
        await bench.commit(seen)
    assert len(bench.attached) == 1


async def test_a_detection_of_the_centre_knows_its_place_and_age(bench):
    bench.clock.advance(timedelta(minutes=5))
    await bench.commit(bench.message(1, [level(float(n), seconds=n / 100) for n in range(10)]))
    [incoming] = bench.attached
    assert incoming.grid == collector().grid
    assert timedelta(minutes=4, seconds=59) < incoming.age < timedelta(minutes=5)
    assert incoming.raised


async def test_what_a_box_cleared_does_not_stand(bench):
    await bench.commit(bench.message(1, [AlarmItem(alarm(phase=Phase.CLEAR))], lane=Lane.ALARM))
    [incoming] = bench.attached
    assert not incoming.raised


async def test_an_end_is_dated_by_when_it_was_seen_not_by_when_the_condition_began(bench):
    evidence = Evidence(first=NOON - timedelta(minutes=3), last=NOON)
    for seq, phase in enumerate((Phase.RAISE, Phase.CLEAR), start=1):
        said = AlarmItem(alarm(phase=phase, evidence=evidence))
        await bench.commit(bench.message(seq, [said], lane=Lane.ALARM))
    raised, cleared = bench.attached
    assert (raised.began, cleared.began) == (NOON - timedelta(minutes=3), NOON)


async def test_a_hidden_flush_is_no_flush_for_detectors(bench):
    await bench.commit(bench.message(1, [level()]), hidden=True, forced=True)
    assert len(bench.store.state.readings) == 1
    assert bench.store.state.flushes == {}
    assert bench.banks._states == {}
