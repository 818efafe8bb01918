from datetime import datetime

import msgspec
import pytest

from tests.support.field import collector
from tests.support.ingest import NOON, NOON_US, alarm, deliver, envelope, level, lost
from tocsin.core.detections import Evidence
from tocsin.core.wire import AlarmItem, DeviceHealth, Heartbeat, Lane, LinkState, MediaChunk, pack_items
from tocsin.ingest.decode import Decoder, Link, Message, Refused, was_committed
from tocsin.ingest.ports import QuarantinedMessage


@pytest.fixture
def decoder() -> Decoder:
    known = [collector("weir", 3), collector("hall", 5)]
    return Decoder({entry.id: entry for entry in known})


def refused(decoder: Decoder, delivery) -> str:
    answer = decoder.decode(delivery)
    assert isinstance(answer, Refused)
    assert len(answer.reason) > 10
    return answer.code


def test_readings_are_resolved(decoder):
    message = decoder.decode(deliver(envelope(1, [level(2.5)])))
    assert isinstance(message, Message)
    assert message.records == [("weir/gauge-1/level", NOON_US, 2.5, "m", None, 0)]


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("tocsin/v1/04/weir/data", "partition.wrong"),
        ("tocsin/v1/05/hall/data", "collector.mismatch"),
        ("tocsin/v1/03/mill/data", "collector.unknown"),
        ("tocsin/v1/03/weir/alarm", "lane.mismatch"),
        ("tocsin/v1/03/weir/state", "lane.state"),
        ("tocsin/v1/99/weir/data", "topic.form"),
        ("", "topic.form"),
        ("tocsin/v1/03/we ir/data", "collector.name"),
    ],
)
def test_an_envelope_must_come_on_its_own_topic(decoder, topic, code):
    assert refused(decoder, deliver(envelope(1, [level()]), topic)) == code


def test_a_refusal_of_items_keeps_the_envelope_for_the_ledger(decoder):
    answer = decoder.decode(deliver(envelope(1, [level(name="a b")])))
    assert isinstance(answer, Refused)
    assert answer.envelope is not None
    foreign = decoder.decode(deliver(envelope(1, [level()]), "tocsin/v1/04/weir/data"))
    assert isinstance(foreign, Refused)
    assert foreign.envelope is None


@pytest.mark.parametrize("word", [state.value for state in LinkState])
def test_link_states(decoder, word):
    link = decoder.decode(deliver(word.encode(), "tocsin/v1/03/weir/state"))
    assert isinstance(link, Link)
    assert link.state == word


def test_a_thumbnail_becomes_a_whole_picture_of_its_detection(decoder):
    said = alarm()
    message = decoder.decode(deliver(envelope(1, [AlarmItem(said, thumbnail=b"jpeg")], lane=Lane.ALARM)))
    assert isinstance(message, Message)
    [chunk] = message.chunks
    assert (chunk.total, chunk.detection, chunk.camera) == (4, said.id, "weir/cam-1")


def bad_alarms():
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - the defect itself
    yield alarm(collector="hall"), "detection.foreign"
    yield alarm(device="hall/cam-1"), "device.foreign"
    yield alarm(observed=naive, id="x", evidence=Evidence(first=naive, last=naive)), "detection.time"
    yield alarm(evidence=Evidence(first=NOON.replace(hour=13), last=NOON.replace(hour=14))), "detection.time"
    yield alarm(score=1.5), "detection.score"
    yield alarm(score=float("nan")), "detection.score"
    yield alarm(figures=(("x", float("inf")),)), "detection.figures"


@pytest.mark.parametrize(("said", "code"), list(bad_alarms()))
def test_a_wrong_detection_is_refused(decoder, said, code):
    assert refused(decoder, deliver(envelope(1, [AlarmItem(said)], lane=Lane.ALARM))) == code


def test_a_thumbnail_has_a_bound(decoder):
    big = envelope(1, [AlarmItem(alarm(), thumbnail=b"x" * 12_289)], lane=Lane.ALARM)
    assert refused(decoder, deliver(big)) == "thumbnail.too_large"


def chunk(**other) -> MediaChunk:
    plain = {
        "sha256": "0" * 64,
        "camera": "weir/cam-1",
        "observed_us": NOON_US,
        "total": 4,
        "offset": 0,
        "data": b"abcd",
    }
    return MediaChunk(**(plain | other))


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (chunk(sha256="xyz"), "picture.hash"),
        (chunk(camera="hall/cam-1"), "device.foreign"),
        (chunk(total=0), "picture.size"),
        (chunk(total=9_000_000), "picture.size"),
        (chunk(offset=2), "picture.offset"),
        (chunk(data=b""), "picture.offset"),
        (chunk(observed_us=2**61), "picture.time"),
    ],
)
def test_a_wrong_piece_of_a_picture_is_refused(decoder, piece, code):
    assert refused(decoder, deliver(envelope(1, [piece], lane=Lane.MEDIA))) == code


@pytest.mark.parametrize(
    ("beat", "code"),
    [
        (Heartbeat(uptime_seconds=float("nan"), outbox_depth=0, outbox_bytes=0), "heartbeat.number"),
        (Heartbeat(uptime_seconds=1, outbox_depth=-1, outbox_bytes=0), "heartbeat.number"),
        (
            Heartbeat(uptime_seconds=1, outbox_depth=0, outbox_bytes=0, outbox_oldest_us=2**62),
            "heartbeat.time",
        ),
        (
            Heartbeat(
                uptime_seconds=1, outbox_depth=0, outbox_bytes=0, devices=[DeviceHealth("hall/a", "sensor")]
            ),
            "device.foreign",
        ),
    ],
)
def test_a_wrong_heartbeat_is_refused(decoder, beat, code):
    assert refused(decoder, deliver(envelope(1, [beat], lane=Lane.HEALTH))) == code


def test_a_tombstone_needs_no_items(decoder):
    message = decoder.decode(deliver(envelope(2, lost=lost(2, 3), lane=Lane.HEALTH)))
    assert isinstance(message, Message)


@pytest.mark.parametrize("items", [b"\xc0", b"\x91\x01", b"\x91\x81\xa1n\xa1\xff", b"\xdd\xff\xff\xff\xff"])
def test_items_of_another_form_are_refused(decoder, items):
    bad = envelope(1, items=None)
    bad.items = msgspec.Raw(items)
    assert refused(decoder, deliver(bad)).startswith(("items.", "envelope."))


def test_too_many_items_are_refused(decoder):
    many = envelope(1)
    many.items = pack_items([level(1.0, name="a")] * 5_001)
    assert refused(decoder, deliver(many)) == "items.too_many"


@pytest.mark.parametrize(
    ("code", "committed"),
    [("collector.unknown", False), ("stream.name", True), ("flush.failed", True), ("sequence.gaps", False)],
)
def test_quarantine_knows_what_the_ledger_was_told(code, committed):
    held = QuarantinedMessage(1, "t", "weir", "data", NOON, code, "", "", b"", "held")
    assert was_committed(held) is committed
