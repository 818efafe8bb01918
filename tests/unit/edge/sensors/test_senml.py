from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from tests.support.edge import FakeBus, reading_with
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, StreamId, stream_id
from tocsin.core.readings import Quality
from tocsin.edge import config
from tocsin.edge.config import SenmlSensor
from tocsin.edge.sensors.senml import SenmlTopic, parse_pack, resolve

NOW_US = 1_800_000_000_000_000


def name(full: str) -> StreamId:
    return stream_id(CollectorId("weir"), full.replace(":", "/"))


def resolved(*records: dict[str, Any]) -> list[tuple[str, float | None, str, int]]:
    found = resolve(list(records), name, NOW_US)
    assert not found.refused
    return [(r.stream, r.value, r.unit, r.observed_us) for r in found.readings]


def topic(more: str = "", bus: FakeBus | None = None) -> SenmlTopic:
    box = config.parse(f"collector: weir\nsensors: [{{type: senml, name: s, topic: t{more}}}]")
    sensor = box.sensors[0]
    assert isinstance(sensor, SenmlSensor)
    return SenmlTopic(sensor, box, ManualClock(datetime(2026, 11, 22, tzinfo=UTC)), bus or FakeBus())


def test_base_fields_hold_for_the_records_after_them() -> None:
    assert resolved(
        {"bn": "dev:", "bt": 1.276020076e9, "bu": "A", "bv": 10, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "t": -4, "v": 1.3},
    ) == [
        ("weir/dev/voltage", 130.1, "V", 1_276_020_076_000_000),
        ("weir/dev/current", 11.2, "A", 1_276_020_071_000_000),
        ("weir/dev/current", 11.3, "A", 1_276_020_072_000_000),
    ]


def test_small_times_are_relative_to_now() -> None:
    assert resolved({"n": "a:b", "v": 1, "t": -10}) == [("weir/a/b", 1.0, "", NOW_US - 10_000_000)]


def test_booleans_texts_and_sums_are_kept() -> None:
    found = resolve(
        [{"n": "a:b", "vb": True}, {"n": "a:c", "vs": "ok"}, {"n": "a:d", "s": 5, "u": "J"}], name, NOW_US
    )
    assert [(r.value, r.text) for r in found.readings] == [(1.0, None), (None, "ok"), (5.0, None)]


@pytest.mark.parametrize(
    "record",
    [
        {"n": "a:b", "u": "furlong", "v": 1},
        {"n": "bad name", "v": 1},
        {"n": "a:b", "v": 1, "t": float("nan")},
        {"n": "a:b", "v": 1, "bt": "soon"},
        {"n": "a:b", "v": 1, "t": 1e300},
        {"n": "a:b", "v": 1, "x_": 1},
    ],
)
def test_a_bad_record_is_refused_and_the_others_are_kept(record: dict[str, Any]) -> None:
    found = resolve([{"n": "a:x", "v": 0}, record], name, NOW_US)
    assert len(found.readings) == 1
    assert len(found.refused) == 1


def test_a_value_that_is_no_number_is_marked() -> None:
    found = resolve([{"n": "a:b", "v": float("nan")}, {"n": "a:b", "v": "5"}], name, NOW_US)
    assert [r.quality for r in found.readings] == [Quality.NOT_A_NUMBER] * 2


def test_cbor_with_integer_labels_is_the_same_pack() -> None:
    pack = [{-2: "dev:", -3: 1e9, 0: "t", 1: "Cel", 2: 3.5}]
    assert parse_pack(cbor2.dumps(pack), "auto") == [
        {"bn": "dev:", "bt": 1e9, "n": "t", "u": "Cel", "v": 3.5}
    ]


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[1]", b"\xff\xff", b"[" * 50_000, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"x" * 300_000],
)
def test_what_is_no_pack_is_refused_and_nothing_else_happens(payload: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        parse_pack(payload, "auto")
    assert refusal.value.code in {"senml.form", "senml.too_large"}


async def test_a_device_that_speaks_senml_needs_no_mapping() -> None:
    bus = FakeBus()
    async with reading_with(topic(bus=bus), bus) as taken:
        bus.say("t", b"nonsense")
        bus.say(
            "t",
            json.dumps(
                [{"bn": "urn:dev:ow:10e2073a01080063:", "n": "voltage", "u": "V", "v": 120.1}]
            ).encode(),
        )
        bus.say(
            "t",
            json.dumps([{"n": "gauge-1/level", "u": "m", "v": 1}, {"n": "level", "u": "m", "v": 2}]).encode(),
        )
        await taken.until(lambda: len(taken.taken) == 3)
    assert [r.stream for r in taken.taken] == [
        "weir/urn-dev-ow-10e2073a01080063/voltage",
        "weir/gauge-1/level",
        "weir/s/level",
    ]
    assert len(taken.faults) == 1
