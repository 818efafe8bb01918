from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest

from tests.support.edge import Centre, collector, running, waiting_in
from tests.unit.edge.cameras.test_video import shared, video
from tocsin.core import wire
from tocsin.core.detections import Kind, Phase
from tocsin.core.wire import Lane
from tocsin.edge import metrics, reloading

CSV = """
sensors:
  - type: csv
    name: replay
    path: levels.csv
    time_column: time
    pace: fast
    columns: {level: {stream: gauge-1/level, unit: m}}
"""


def levels(tmp_path: Path, count: int = 120) -> None:
    lines = [f"2026-01-01T00:{i // 60:02d}:{i % 60:02d}Z,{i / 100}" for i in range(count)]
    (tmp_path / "levels.csv").write_text("time,level\n" + "\n".join(lines) + "\n")


async def test_every_reading_of_a_file_reaches_the_centre_once_in_order(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    levels(tmp_path)
    async with running(collector(tmp_path, broker_port, CSV)):
        await centre.until(lambda c: len(c.readings()) >= 120 and "online" in c.states and c.beats())
    await centre.until(lambda c: c.states[-1] == "stopped")
    assert [r.v for r in centre.readings()] == [i / 100 for i in range(120)]
    assert {(r.n, r.u) for r in centre.readings()} == {("gauge-1/level", "m")}
    assert all(len(payloads) == 1 for payloads in centre.payloads.values())
    for numbers in centre.committed.values():
        assert numbers == set(range(1, len(numbers) + 1))


async def test_after_a_clean_stop_nothing_is_left_in_the_outbox(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    levels(tmp_path, 30)
    box = collector(tmp_path, broker_port, CSV)
    async with running(box):
        await centre.until(lambda c: len(c.readings()) >= 30)
    assert waiting_in(box.outbox.path) == 0


async def test_what_the_centre_did_not_confirm_goes_again_after_a_restart(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    levels(tmp_path, 30)
    box = collector(tmp_path, broker_port, CSV).model_copy(update={"drain_seconds": 0.0})
    centre.answering = False
    async with running(box):
        await centre.until(lambda c: len(c.readings()) >= 30)
    centre.answering = True
    before = len(centre.envelopes)
    empty = box.model_copy(update={"sensors": [], "drain_seconds": 5.0})
    async with running(empty):
        await centre.until(lambda c: len(c.envelopes) > before + 1)
    data = [payloads for (_, lane, _), payloads in centre.payloads.items() if lane is Lane.DATA]
    assert data
    assert all(len(payloads) == 1 for payloads in data), "sealed bytes must never change"


async def test_a_press_of_the_button_travels_in_the_first_lane(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    more = "sensors: [{type: button, name: help, topic: local/help}]"
    async with (
        running(collector(tmp_path, broker_port, more)),
        aiomqtt.Client("127.0.0.1", broker_port) as local,
    ):
        await centre.until(lambda c: "online" in c.states)
        for _ in range(50):
            await local.publish("local/help", b"1", qos=1)
            try:
                await centre.until(lambda c: bool(c.alarms()), 0.2)
                break
            except TimeoutError:
                continue
    alarm = centre.alarms()[0]
    assert (alarm.detection.kind, alarm.detection.phase) == (Kind.CALL, Phase.RAISE)
    assert alarm.raised
    assert alarm.detection.mono_us is not None


async def test_a_siren_command_reaches_the_local_siren_once(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    box = collector(tmp_path, broker_port, "siren: {mqtt_topic: local/siren}")
    command = wire.encode_command(wire.Command(id="c1", action="siren", text="fire", seconds=30))
    async with aiomqtt.Client("127.0.0.1", broker_port) as local:
        await local.subscribe("local/siren", qos=1)
        async with running(box):
            await centre.until(lambda c: "online" in c.states and c.beats())
            for _ in range(2):
                await centre.client.publish(wire.command_topic(box.id), command, qos=1)
            message = await asyncio.wait_for(anext(aiter(local.messages)), 10)
    assert b'"siren"' in bytes(message.payload)
    assert len(local.messages) == 0


async def test_a_centre_that_is_away_loses_nothing(tmp_path: Path, broker_port: int, centre: Centre) -> None:
    levels(tmp_path, 100)
    lost: set[int] = set()

    def drop_first_sending(envelope: wire.Envelope) -> bool:
        if envelope.lane is Lane.DATA and envelope.seq == 1 and not lost:
            lost.add(1)
            return True
        return False

    centre.drop = drop_first_sending
    async with running(collector(tmp_path, broker_port, CSV)):
        await centre.until(lambda c: len(c.readings()) >= 100)
    assert lost, "the fault was planted"
    assert sorted(r.v for r in centre.readings()) == [i / 100 for i in range(100)]


def _bursts(outcome: str) -> float:
    return metrics.BURSTS.labels(outcome)._value.get()


async def test_the_centre_may_ask_for_a_burst(tmp_path: Path, broker_port: int, centre: Centre) -> None:
    video(tmp_path / "film.mp4", frames=100, rate=25)
    more = "cameras: [{type: file, name: yard, path: film.mp4, loop: true, interval_seconds: 0.5}]"
    box = collector(tmp_path, broker_port, more)
    before = _bursts("nothing") + _bursts("alarm")
    order = wire.Command(id="b1", action="burst", device=box.device("yard"))
    async with running(box):
        await centre.until(lambda c: any(d.last_us for beat in c.beats() for d in beat.devices))
        await centre.client.publish(wire.command_topic(box.id), wire.encode_command(order), qos=1)
        async with asyncio.timeout(15):
            while _bursts("nothing") + _bursts("alarm") == before:
                await asyncio.sleep(0.05)


async def test_a_change_of_the_rules_is_in_force_without_a_restart(
    tmp_path: Path, broker_port: int, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "POLL_SECONDS", 0.05)
    rules = tmp_path / "detectors.yaml"
    rules.write_text("detectors: [{name: a, detector: button}]")
    box = collector(tmp_path, broker_port, "detectors: detectors.yaml")

    def running_rules(wanted: list[str]) -> Callable[[Centre], bool]:
        return lambda c: bool(c.beats()) and c.beats()[-1].rules == wanted

    async with running(box):
        await centre.until(running_rules(["a"]))
        rules.write_text("detectors: [{name: b, detector: button}, {name: c, detector: silence}]")
        await centre.until(running_rules(["b"]))
        rules.write_text("detectors: [{name: b, detector: button}]\nnonsense: 1")
        await centre.until(lambda c: any(d.fault for d in c.beats()[-1].devices))
        rules.write_text("detectors: []")
        await centre.until(running_rules([]))
    assert centre.beats()[-1].detectors != centre.beats()[0].detectors
    assert [d.fault for d in centre.beats()[-1].devices] == [None]


async def test_the_centre_may_order_that_the_rules_are_read(
    tmp_path: Path, broker_port: int, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "POLL_SECONDS", 3600)
    rules = tmp_path / "detectors.yaml"
    rules.write_text("detectors: []")
    box = collector(tmp_path, broker_port, "detectors: detectors.yaml")
    async with running(box):
        await centre.until(lambda c: bool(c.beats()))
        rules.write_text("detectors: [{name: b, detector: button}]")
        order = wire.encode_command(wire.Command(id="r1", action="reload"))
        await centre.client.publish(wire.command_topic(box.id), order, qos=1)
        await centre.until(lambda c: c.beats()[-1].rules == ["b"])


@pytest.mark.heavy
async def test_a_real_fire_is_found_by_its_flicker_in_a_burst(
    tmp_path: Path, broker_port: int, centre: Centre
) -> None:
    film = shared("fire-smoke/furg_house6.mp4")
    more = f"cameras: [{{type: file, name: yard, path: '{film}', key_frames_only: false}}]"
    async with running(collector(tmp_path, broker_port, more)):
        await centre.until(lambda c: any(a.detection.kind is Kind.FIRE for a in c.alarms()), 30)
        alarm = next(a for a in centre.alarms() if a.detection.kind is Kind.FIRE)
        named = set(alarm.detection.evidence.pictures)

        def whole(c: Centre) -> bool:
            return named <= {chunk.sha256 for chunk in c.chunks()}

        await centre.until(whole, 20)
    assert alarm.detection.reason_code == "fire.flicker"
    assert 1 <= len(named) <= 8
    assert alarm.thumbnail is not None
    assert len({chunk.sha256 for chunk in centre.chunks()} - named) <= 2, (
        "routine pictures, no others of the burst"
    )
