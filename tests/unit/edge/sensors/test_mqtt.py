from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.edge import FakeBus, reading_with
from tocsin.core.clock import ManualClock, to_us
from tocsin.core.errors import Rejected
from tocsin.edge import config
from tocsin.edge.config import MqttSensor
from tocsin.edge.sensors.mqtt import MqttMapping, parse_payload

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def mapping(text: str, bus: FakeBus | None = None) -> MqttMapping:
    box = config.parse(f"collector: weir\nsensors: [{{type: mqtt, name: m, {text}}}]")
    sensor = box.sensors[0]
    assert isinstance(sensor, MqttSensor)
    return MqttMapping(sensor, box, ManualClock(NOW), bus or FakeBus())


async def test_json_on_a_topic_becomes_readings_of_the_device_in_the_topic() -> None:
    bus = FakeBus()
    made = mapping(
        'topic: zigbee2mqtt/+, values: {temperature: {stream: "{1}/temperature", unit: Cel}, contact: {stream: "{1}/door"}}',
        bus,
    )
    async with reading_with(made, bus) as taken:
        bus.say("zigbee2mqtt/kitchen", b'{"temperature": 21.5, "contact": false}')
        await taken.until(lambda: len(taken.taken) == 2)
    assert [(r.stream, r.value, r.unit) for r in taken.taken] == [
        ("weir/kitchen/temperature", 21.5, "Cel"),
        ("weir/kitchen/door", 0.0, ""),
    ]


def test_a_plain_value_is_the_whole_payload() -> None:
    (made,) = mapping("topic: level, values: {.: {stream: g/level, unit: m, factor: 0.01}}").read(
        "level", b" 321 "
    )
    assert made.value == pytest.approx(3.21)
    assert made.observed_us == to_us(NOW)


def test_the_devices_own_time_is_used_where_it_is_mapped() -> None:
    made = mapping("topic: t, time_path: at, time_format: seconds, values: {v: {stream: g/v}}")
    assert made.read("t", b'{"v": 1, "at": 100}')[0].observed_us == 100_000_000
    assert made.read("t", b'{"v": 1}')[0].observed_us == to_us(NOW)


def test_words_mean_what_the_mapping_says() -> None:
    made = mapping("topic: t, values: {.: {stream: g/v, true_values: [wet], false_values: [dry]}}")
    assert [made.read("t", word)[0].value for word in (b"WET", b"dry", b"damp")] == [1.0, 0.0, None]


def test_text_is_kept_only_when_asked_for() -> None:
    (made,) = mapping("topic: t, values: {.: {stream: g/v, text: true}}").read("t", "水位正常".encode())
    assert made.text == "水位正常"


@pytest.mark.parametrize("payload", [b"\xff\xfe\x00", b'{"v": ', b"[" * 100_000, b"x" * 300_000])
async def test_what_cannot_be_read_is_a_fault_of_the_device_and_nothing_more(payload: bytes) -> None:
    bus = FakeBus()
    async with reading_with(mapping("topic: t, values: {v: {stream: g/v}}", bus), bus) as taken:
        bus.say("t", payload)
        bus.say("t", b'{"v": 1}')
        await taken.until(lambda: bool(taken.taken))
    assert len(taken.faults) == 1
    assert taken.taken[0].value == 1.0


def test_a_device_name_from_a_topic_that_is_no_name_is_refused() -> None:
    made = mapping('topic: +/v, values: {.: {stream: "{1}/v"}}')
    with pytest.raises(Rejected) as refusal:
        made.read("bad name!/v", b"1")
    assert refusal.value.code == "stream.name"


def test_numbers_too_large_for_json_do_no_harm() -> None:
    made = mapping("topic: t, values: {v: {stream: g/v}}")
    assert made.read("t", b'{"v": 1e999}')[0].value is None
    assert made.read("t", b'{"v": NaN}')[0].value is None


def payloads() -> Path:
    shared = Path(os.environ.get("TOCSIN_SHARED") or Path(__file__).parents[5] / "shared")
    return shared / "data" / "payloads" / "payloads.jsonl"


def test_payloads_of_real_devices_are_all_readable_or_refused() -> None:
    path = payloads()
    if not path.exists():
        pytest.skip("the folder with real payloads is absent: set TOCSIN_SHARED")
    seen = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        raw = entry["payload"]
        data = (
            bytes.fromhex(raw)
            if entry["encoding"] == "hex"
            else (raw if isinstance(raw, str) else json.dumps(raw)).encode()
        )
        try:
            parse_payload(data)
        except Rejected as error:
            assert error.code.startswith("payload.")
        seen += 1
    assert seen > 50
