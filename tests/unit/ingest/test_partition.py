from datetime import timedelta

import msgspec
import pytest

from tests.support.field import reading
from tests.support.ingest import NOON, CountingBank, alarm
from tocsin.core.detections import Detection, Phase
from tocsin.core.readings import Quality, Reading
from tocsin.ingest.partition import DetectorFailed, PartitionState
from tocsin.ingest.ports import DetectorState
from tocsin.ingest.rules import Rules, RulesBook

BOOK = RulesBook.fixed(CountingBank, "c")


def state() -> PartitionState:
    return PartitionState(3, BOOK.current)


def at(seconds: float, value: float = 1.0, stream: str = "weir/a") -> Reading:
    return reading(NOON + timedelta(seconds=seconds), value, stream=stream)


def test_a_flush_is_put_in_order_before_anything_is_called_late():
    ordered = state().order([at(3), at(1), at(2)])
    assert [one.at_us for one in ordered.readings] == sorted(one.at_us for one in ordered.readings)
    assert ordered.shown == ordered.readings


def test_what_is_older_than_its_streams_newest_is_flagged_and_hidden():
    partition = state()
    partition.order([at(10), at(10, stream="weir/b")])
    ordered = partition.order([at(5), at(11), at(12, stream="weir/b")])
    assert [one.quality for one in ordered.readings] == [Quality.OUT_OF_ORDER, 0, 0]
    assert len(ordered.shown) == 2
    assert ordered.latest["weir/a"].at_us == at(11).at_us


def test_the_same_instant_is_in_order():
    partition = state()
    partition.order([at(10)])
    assert partition.order([at(10), at(10)]).shown != []


def test_restored_and_replayed_is_as_if_nothing_had_happened():
    whole = state()
    flushes = [[at(n), at(n, stream="weir/b")] for n in range(1, 12)]
    saved = None
    found = []
    for number, readings in enumerate(flushes):
        when = NOON + timedelta(seconds=number)
        found += whole.show(whole.order(list(readings)).shown, when)
        if number == 4:
            saved = whole.snapshot(when)
    assert saved is not None
    broken, anew = PartitionState.restored(saved, BOOK)
    assert not anew
    for number, readings in list(enumerate(flushes))[5:]:
        broken.replay(NOON + timedelta(seconds=number), readings)
    assert broken.snapshot(NOON).state == whole.snapshot(NOON).state
    assert len(found) == 2


def test_a_replay_says_what_was_said_live():
    live, again = state(), state()
    flushes = [(NOON + timedelta(seconds=n), [at(n), at(n, stream="weir/b")]) for n in range(1, 12)]
    said = [live.show(live.order(list(readings)).shown, when) for when, readings in flushes]
    assert [again.replay(when, readings) for when, readings in flushes] == said
    assert any(said)


def test_a_replay_hides_what_was_hidden():
    partition = state()
    late = msgspec.structs.replace(at(1), quality=int(Quality.OUT_OF_ORDER))
    partition.replay(NOON, [at(5), late])
    assert partition._bank.counts == {"weir/a": 1}


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (DetectorState(3, NOON, "other", b""), "cannot be read"),
        (DetectorState(3, NOON, "c", b"\xc1"), "cannot be read"),
    ],
)
def test_a_snapshot_that_cannot_be_read_says_why(saved, words):
    assert words in PartitionState.restored(saved, BOOK)[1]


def test_a_configuration_that_nobody_understands_keeps_what_was_newest_and_begins_anew():
    before = state()
    before.show(before.order([at(10)]).shown, NOON)
    after, anew = PartitionState.restored(before.snapshot(NOON), RulesBook.fixed(CountingBank, "other"))
    assert "configuration" in anew
    assert after._bank.counts == {}
    assert after.saved_at is None
    assert after.order([at(5)]).shown == []


class Ending(CountingBank):
    """Gives an end of something when it takes another's state over."""

    def restore(self, state: bytes) -> list[Detection]:
        super().restore(state)
        return [alarm(phase=Phase.CLEAR)]


def test_a_change_of_rules_keeps_the_state_and_tells_what_ended_once_in_the_next_flush():
    partition = state()
    partition.show(partition.order([at(1)]).shown, NOON)
    partition.snapshot(NOON)
    partition.change(Rules("new", b"new", Ending))
    assert partition.saved_at is None, "the next flush saves it"
    assert partition._bank.counts == {"weir/a": 1}
    assert [one.phase for one in partition.show([], NOON)] == [Phase.CLEAR]
    assert partition.show([], NOON) == []
    assert partition.snapshot(NOON).configuration == "new"


def test_a_detector_that_raises_is_named():
    partition = state()
    partition._bank.poison = 13.0
    with pytest.raises(DetectorFailed, match="partition 3"):
        partition.show([at(1, 13.0)], NOON)
