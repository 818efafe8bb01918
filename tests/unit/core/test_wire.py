import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core import wire
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId


def envelope(**changes: Any) -> wire.Envelope:
    given: dict[str, Any] = {
        "v": 1, "collector": CollectorId("box"), "epoch": 7, "lane": wire.Lane.DATA, "seq": 1, "boot": "b",
        "sent": 1, "mono": 1, "clock": wire.ClockState.SYNCED,
    }  # fmt: skip
    return wire.Envelope(**(given | changes))


@given(
    st.lists(st.floats(allow_nan=False), max_size=20), st.integers(1, 2**62 - 1), st.integers(0, 2**63 - 1)
)
def test_a_sealed_envelope_opens_to_the_same(values: list[float], seq: int, epoch: int) -> None:
    records = [wire.Senml(n="a/b", v=value, us=5) for value in values]
    opened = wire.open_envelope(wire.seal(envelope(seq=seq, epoch=epoch, items=wire.pack_items(records))))
    assert (opened.seq, opened.epoch) == (seq, epoch)
    assert wire.senml_items(opened) == records


@given(st.binary(max_size=300))
def test_any_bytes_open_or_are_refused_with_a_code(payload: bytes) -> None:
    try:
        wire.senml_items(wire.open_envelope(payload))
    except Rejected as refusal:
        assert refusal.code.split(".")[0] in {"envelope", "items", "collector"}


@given(st.binary(min_size=1, max_size=4), st.integers(0, 80))
def test_damage_anywhere_never_raises_anything_else(damage: bytes, place: int) -> None:
    sealed = bytearray(wire.seal(envelope(items=wire.pack_items([wire.Senml(n="a/b", v=1.0)]))))
    sealed[place : place + len(damage)] = damage
    with contextlib.suppress(Rejected):
        wire.senml_items(wire.open_envelope(bytes(sealed)))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x80" * (wire.ENVELOPE_BYTES_MAX + 1), "envelope.too_large"),
        (b"\xff\xfe", "envelope.form"),
        (wire.seal(envelope(v=2)), "envelope.version"),
        (wire.seal(envelope(seq=0)), "envelope.range"),
        (wire.seal(envelope(epoch=-1)), "envelope.range"),
        (wire.seal(envelope(collector=CollectorId("a/b"))), "collector.name"),
        (wire.seal(envelope(lost=[wire.Tombstone(first=5, last=4, reason="full", count=1)])), "envelope.range"),
        (msgspec.msgpack.encode([1] * 100), "envelope.form"),
    ],
)  # fmt: skip
def test_a_bad_envelope_is_refused_by_name(payload: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        wire.open_envelope(payload)
    assert refusal.value.code == code


def test_too_many_items_are_refused() -> None:
    records = [wire.Senml(n="a/b", v=1.0)] * (wire.ITEMS_MAX + 1)
    with pytest.raises(Rejected, match=r"items\.too_many"):
        wire.senml_items(envelope(items=wire.pack_items(records)))


@pytest.mark.parametrize(
    "topic",
    ["", "tocsin/v1/64/box/data", "tocsin/v1/1/box/data", "tocsin/v2/01/box/data", "tocsin/v1/01/box"],
)
def test_a_foreign_topic_is_refused(topic: str) -> None:
    with pytest.raises(Rejected, match=r"topic\.form"):
        wire.parse_up_topic(topic)


def test_a_topic_is_read_as_it_is_written() -> None:
    topic = wire.up_topic(7, CollectorId("box"), "data")
    assert topic == "tocsin/v1/07/box/data"
    assert wire.parse_up_topic(topic) == (7, "box", "data")
    assert wire.partition_filter(7) == "tocsin/v1/07/+/+"
    assert wire.receipt_topic(CollectorId("box")) == "tocsin/v1/box/receipt"
    assert wire.command_topic(CollectorId("box")) == "tocsin/v1/box/command"


def test_receipts_and_commands_survive_the_wire() -> None:
    receipt = wire.Receipt(
        time=5, lanes=[wire.LaneReceipt(epoch=1, lane=wire.Lane.DATA, upto=3, gaps=[(4, 4)])]
    )
    assert wire.decode_receipt(wire.encode_receipt(receipt)) == receipt
    command = wire.Command(id="c", action="siren", seconds=30.0)
    assert wire.decode_command(wire.encode_command(command)) == command
    for decode in (wire.decode_receipt, wire.decode_command):
        with pytest.raises(Rejected):
            decode(b"\x00")


def test_the_health_lane_carries_heartbeats() -> None:
    beat = wire.Heartbeat(uptime_seconds=1.0, outbox_depth=0, outbox_bytes=0)
    assert wire.health_items(envelope(lane=wire.Lane.HEALTH, items=wire.pack_items([beat]))) == [beat]
    chunk = wire.MediaChunk(sha256="0" * 64, camera="box/cam", observed_us=1, total=3, offset=0, data=b"abc")  # type: ignore[arg-type]
    assert wire.media_items(envelope(lane=wire.Lane.MEDIA, items=wire.pack_items([chunk]))) == [chunk]
    assert wire.alarm_items(envelope(lane=wire.Lane.ALARM)) == []
