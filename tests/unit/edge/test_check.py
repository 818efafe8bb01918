from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest

from tests.support.edge import Centre, collector, free_port, picture
from tests.unit.detectors.test_cards import CARD
from tests.unit.edge.cameras.test_video import video
from tocsin.core.clock import ManualClock
from tocsin.detectors.config import ALWAYS
from tocsin.edge import config
from tocsin.edge.check import Finding, check

NOW = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))


async def found(box: config.CollectorConfig, seconds: float = 3.0) -> dict[str, Finding]:
    findings = await check(box, wait_seconds=seconds, clock=NOW)
    for finding in findings:
        assert finding.ok or finding.cure, f"{finding.subject} says what is wrong but not what to do"
    return {finding.subject: finding for finding in findings}


async def test_a_box_in_order_is_told_so_line_by_line(tmp_path: Path, broker_port: int) -> None:
    (tmp_path / "a.jpg").write_bytes(picture())
    (tmp_path / "x.csv").write_text("t,v\n2026-01-01,1.5\n")
    more = """
cameras: [{type: folder, name: yard, path: .}]
sensors: [{type: csv, name: g, path: x.csv, time_column: t, columns: {v: {stream: g/level, unit: m}}}]
outbox: {path: box/o.sqlite, bytes_max: 1000000}
"""
    box = config.parse(
        f"collector: weir\nbroker: {{port: {broker_port}}}\nclock: synced\n{more}", base=tmp_path
    )
    lines = await found(box)
    assert {name for name, line in lines.items() if line.ok} == {
        "camera yard",
        "sensor g",
        "broker",
        "clock",
        "disk",
        "detectors",
    }
    assert lines["camera yard"].message.startswith("a picture of 320 x 180")
    assert lines["sensor g"].message == "g/level = 1.5 m"


async def test_what_is_not_right_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(picture()[:400])
    (tmp_path / "d.yaml").write_text("detectors: [{name: a, detector: none}]")
    text = f"""
collector: weir
clock: unset
broker: {{port: {free_port()}}}
outbox: {{path: file/o.sqlite}}
detectors: d.yaml
cameras:
  - {{type: folder, name: none, path: none}}
  - {{type: folder, name: bad, path: bad}}
  - {{type: file, name: film, path: none.mp4}}
sensors:
  - {{type: csv, name: g, path: none.csv, time_column: t, columns: {{v: {{stream: g/level}}}}}}
  - {{type: mqtt, name: silent, topic: a, values: {{v: {{stream: a/b}}}}}}
  - {{type: button, name: help, topic: b}}
"""
    lines = await found(config.parse(text, base=tmp_path), 4.0)
    assert {name for name, line in lines.items() if line.ok} == {"button help"}
    for name, word in {
        "broker": "127.0.0.1",
        "clock": "cannot be true",
        "disk": "cannot write",
        "detectors": "none",
        "camera none": "cannot be read",
        "camera bad": "cut off",
        "camera film": "cannot be read",
        "sensor g": "cannot read",
        "sensor silent": "nothing came",
    }.items():
        assert word in lines[name].message, lines[name]


@pytest.mark.parametrize(("payload", "ok"), [(b'{"v": 2}', True), (b"{broken", False)])
async def test_a_sensor_on_the_local_broker_is_listened_to(
    tmp_path: Path, broker_port: int, payload: bytes, *, ok: bool
) -> None:
    box = collector(
        tmp_path, broker_port, "sensors: [{type: mqtt, name: m, topic: local/a, values: {v: {stream: a/b}}}]"
    )
    async with aiomqtt.Client("127.0.0.1", broker_port) as local:
        await local.publish("local/a", payload, qos=1, retain=True)
        lines = await found(box, 1.5)
    assert lines["sensor m"].ok is ok


async def test_a_disk_that_is_too_small_for_the_outbox_is_told(tmp_path: Path, broker_port: int) -> None:
    box = collector(tmp_path, broker_port)
    huge = box.model_copy(update={"outbox": box.outbox.model_copy(update={"bytes_max": 2**50})})
    lines = await found(huge)
    assert "may grow by" in lines["disk"].message
    assert not lines["disk"].ok


async def test_a_check_sends_nothing_to_the_centre(tmp_path: Path, broker_port: int, centre: Centre) -> None:
    await found(collector(tmp_path, broker_port))
    await asyncio.sleep(0)
    assert centre.envelopes == []
    assert centre.states == []


async def test_a_camera_is_told_with_its_bursts_and_what_watches_it(tmp_path: Path, broker_port: int) -> None:
    video(tmp_path / "fast.mp4", frames=100, rate=25)
    video(tmp_path / "slow.mp4", frames=100, rate=10)
    (tmp_path / "a.jpg").write_bytes(picture())
    (tmp_path / "d.yaml").write_text("cameras: {fast: [smoke], still: []}\ndetectors: []")
    more = """
detectors: d.yaml
cameras:
  - {type: file, name: fast, path: fast.mp4, loop: true, pace: 4, interval_seconds: 0.5}
  - {type: file, name: slow, path: slow.mp4, loop: true, pace: 4, interval_seconds: 2}
  - {type: folder, name: still, path: .}
"""
    lines = await found(collector(tmp_path, broker_port, more), 6.0)
    assert (
        "; one each 0.5 s, watched by smoke; bursts of 25 pictures a second" in lines["camera fast"].message
    )
    assert f"one each 2 s, watched by {', '.join(ALWAYS)}" in lines["camera slow"].message
    assert "bursts of only 10 pictures a second (20 are needed)" in lines["camera slow"].message
    assert (
        "watched by nothing; no burst, it gives pictures at its own pace only"
        in lines["camera still"].message
    )


async def test_a_model_that_cannot_be_used_is_told(tmp_path: Path, broker_port: int) -> None:
    (tmp_path / "d.yaml").write_text(json.dumps({"models": [CARD], "cameras": {"yard": {"model": "people"}}}))
    (tmp_path / "a.jpg").write_bytes(picture())
    more = "detectors: d.yaml\ncameras: [{type: folder, name: yard, path: .}]"
    lines = await found(collector(tmp_path, broker_port, more))
    assert "people.onnx cannot be read" in lines["model"].message
    assert "with the model people" in lines["camera yard"].message
