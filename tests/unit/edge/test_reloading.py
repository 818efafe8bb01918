from __future__ import annotations

import asyncio
import hashlib
import json
import os
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.edge import collector
from tests.unit.detectors.test_cards import CARD
from tocsin.core.detections import Detection, Phase
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.edge import reloading
from tocsin.edge.banks import Watch
from tocsin.edge.detecting import Detecting
from tocsin.edge.reloading import Reloading, RulesFile
from tocsin.edge.vitals import Vitals

BOX = "detectors: detectors.yaml\ncameras: [{type: http, name: yard, url: x}]"
HIGH = "{name: high, detector: threshold, match: '*/level', above: 3, at: box}"
LOW = "{name: low, detector: threshold, match: '*/level', below: 1, at: box}"
RISING = (
    "{name: rising, detector: rate, match: '*/level', change: 2, window_seconds: 600, confirm: 1, at: box}"
)


def rules(*given: str, more: str = "") -> str:
    return f"detectors: [{', '.join(given)}]\n{more}"


@dataclass
class Box:
    folder: Path
    file: RulesFile
    detecting: Detecting
    vitals: Vitals = field(default_factory=Vitals)
    ended: list[Detection] = field(default_factory=list)
    reloading: Reloading = None  # type: ignore[assignment]  # set below
    now_us: int = 1_795_000_000_000_000

    announced: list[list[str]] = field(default_factory=list)

    async def say(self, ended: Sequence[Detection]) -> None:
        assert self.announced, "the centre knows the new rules before the ends of the old ones"
        self.ended += ended

    async def announce(self) -> None:
        self.announced.append([rule.name for rule in self.reloading.rules.detectors])

    def write(self, text: str) -> None:
        (self.folder / "detectors.yaml").write_text(text)

    def level(self, value: float) -> list[str]:
        self.now_us += 1_000_000
        said = self.detecting.observe([Reading(StreamId("weir/g/level"), self.now_us, value, "m")])
        return [f"{one.detector} {one.phase}" for one in said]

    def faults(self) -> list[str | None]:
        return [one.fault for one in self.vitals.list()]


async def started(folder: Path, text: str) -> Box:
    (folder / "detectors.yaml").write_text(text)
    config = collector(folder, more=BOX)
    file = RulesFile(config)
    first = file.first()
    detecting = Detecting(first[0].cameras, first[0].streams, folder / "box")
    box = Box(folder, file, detecting)
    box.reloading = Reloading(
        config, file, first, detecting=detecting, vitals=box.vitals, say=box.say, announce=box.announce
    )
    return box


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    made = await started(tmp_path, rules(HIGH, RISING))
    yield made
    made.detecting.close()


async def test_what_did_not_change_goes_on_as_it_was(box: Box) -> None:
    assert box.level(4) == ["high raise"]
    box.write(rules(RISING, HIGH, LOW))
    assert await box.reloading.reload()
    assert box.ended == []
    assert box.level(6.5) == ["rising raise"], "the rise began before the change"
    assert box.level(2) == ["high clear"]
    assert box.level(0.5) == ["low raise"], "the new rule is in force"
    assert box.announced == [["rising", "high", "low"]]
    assert box.faults() == []


async def test_what_stood_by_a_rule_that_is_gone_or_changed_ends_with_a_reason(box: Box) -> None:
    box.level(4)
    box.level(6.5)
    box.write(rules(HIGH.replace("above: 3", "above: 5")))
    assert await box.reloading.reload()
    assert {(one.detector, one.phase) for one in box.ended} == {
        ("high", Phase.CLEAR),
        ("rising", Phase.CLEAR),
    }
    assert all("changed or taken away" in one.reason for one in box.ended)
    assert await box.detecting.raised() == []
    assert box.level(6.5) == ["high raise"], "the changed rule looks anew"


async def test_a_faulty_file_changes_nothing_and_is_told_with_its_lines(box: Box) -> None:
    box.level(4)
    for text in ("detectors:\n- {name: a, detector: treshold}\n", "detectors: {", "\x00"):
        box.write(text)
        assert not await box.reloading.reload()
    assert box.level(2) == ["high clear"]
    box.write("detectors:\n- {name: a, detector: treshold}\n")
    await box.reloading.reload()
    (fault,) = box.faults()
    assert fault is not None
    assert "write `threshold`" in fault
    assert "(line 2)" in fault
    box.write(rules(HIGH))
    await box.reloading.reload()
    assert box.faults() == [None], "cured"


async def test_a_change_is_seen_when_the_file_stands_still(box: Box) -> None:
    assert not box.file.changed()
    box.write(rules(LOW))
    assert not box.file.changed(), "it may be half written"
    assert box.file.changed()
    assert not box.file.changed(), "told once"


async def test_an_order_and_the_look_at_the_files_do_not_meet(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, together = asyncio.Event(), []
    loop = asyncio.get_running_loop()
    go = threading.Event()

    def changed() -> bool:
        loop.call_soon_threadsafe(looking.set)
        together.append("looks")
        go.wait(5)
        together.append("looked")
        return False

    again = box.file.again

    def read(*, strict: bool = False) -> Watch:
        together.append("reads")
        return again(strict=strict)

    monkeypatch.setattr(reloading, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(box.file, "changed", changed)
    monkeypatch.setattr(box.file, "again", read)
    watching = asyncio.create_task(box.reloading.run())
    await looking.wait()
    ordered = asyncio.create_task(box.reloading.reload())
    await asyncio.sleep(0)
    go.set()
    assert await ordered
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert together[:3] == ["looks", "looked", "reads"]


async def test_a_file_written_again_as_it_was_is_no_change(box: Box) -> None:
    path = box.folder / "detectors.yaml"
    text = path.read_text()
    path.unlink()
    path.write_text(text)
    os.utime(path, ns=(1, 1))
    assert [box.file.changed() for _ in range(3)] == [False, False, False]


async def test_a_refused_file_is_looked_at_again_only_when_it_changes(box: Box) -> None:
    box.write("nonsense: 1")
    assert [box.file.changed() for _ in range(2)] == [False, True]
    assert not await box.reloading.reload()
    assert not any(box.file.changed() for _ in range(3))
    box.write(rules(LOW))
    assert [box.file.changed() for _ in range(2)] == [False, True]
    assert await box.reloading.reload()


async def test_after_a_restart_with_a_faulty_file_the_last_good_one_watches(box: Box, tmp_path: Path) -> None:
    again = await started(tmp_path, "detectors: {")
    assert again.level(4) == ["high raise"]
    assert "not YAML" in str(again.faults()[0])
    again.write(rules(LOW))
    assert await again.reloading.reload()
    again.detecting.close()


async def test_without_a_good_one_a_faulty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no key here"):
        await started(tmp_path, "nonsense: 1")
    with pytest.raises(Rejected, match="cannot read"):
        RulesFile(collector(tmp_path, more="detectors: none.yaml")).first()


async def test_a_box_without_a_file_watches_as_shipped(tmp_path: Path) -> None:
    file = RulesFile(collector(tmp_path))
    watch, fault = file.first()
    assert (fault, watch.faults) == ("", ())
    assert len(watch.rules.detectors) >= 10
    assert not file.changed()


def modelled(content: bytes) -> str:
    card = {**CARD, "sha256": hashlib.sha256(content).hexdigest()}
    return f"models: [{json.dumps(card)}]\ncameras: {{yard: {{model: people}}}}\n" + rules(HIGH)


async def test_a_model_that_cannot_be_used_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    made = await started(tmp_path, modelled(b"model"))
    assert made.level(4) == ["high raise"]
    assert "people.onnx cannot be read" in str(made.faults()[0])
    made.detecting.close()


async def test_a_file_whose_model_is_another_one_is_refused(box: Box) -> None:
    (box.folder / "people.onnx").write_bytes(b"another")
    box.write(modelled(b"model"))
    assert not await box.reloading.reload()
    assert "SHA-256" in str(box.faults()[0])
    assert box.level(4) == ["high raise"]
    (box.folder / "people.onnx").write_bytes(b"model")
    assert [box.file.changed() for _ in range(2)] == [False, True], "the model's file is watched too"
