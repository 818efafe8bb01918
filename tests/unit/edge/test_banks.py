from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.support.edge import collector
from tests.unit.detectors.test_cards import CARD
from tests.unit.edge.cameras.test_video import shared
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.edge import banks
from tocsin.edge.config import CollectorConfig


def test_buttons_ring_on_the_box_and_plain_rules_stay_at_the_centre(tmp_path: Path) -> None:
    rules = banks.read_rules(collector(tmp_path)).detectors
    assert {r.at for r in rules if r.detector == "button"} == {"box"}
    assert {r.at for r in rules if r.detector == "threshold"} == {"centre"}


def test_a_file_of_detectors_takes_the_place_of_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(
        "detectors: [{name: high, detector: threshold, match: '*/level', above: 3, at: box}]"
    )
    rules = banks.read_rules(collector(tmp_path, more="detectors: d.yaml")).detectors
    assert [(r.name, r.at) for r in rules] == [("high", "box")]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read the detectors"):
        banks.read_rules(collector(tmp_path, more="detectors: none.yaml"))


def test_each_camera_has_its_own_bank(tmp_path: Path) -> None:
    box = collector(tmp_path, more="cameras: [{type: http, name: a, url: x}, {type: http, name: b, url: x}]")
    assert set(banks.picture_banks(box, load("cameras: {b: []}"))) == {"weir/a", "weir/b"}


def test_one_press_is_said_once_whoever_sees_its_reading(tmp_path: Path) -> None:
    press = Reading(StreamId("weir/hall/button"), 1_763_000_000_000_000, 1.0, "/")
    on_the_box = banks.stream_bank(defaults()).observe([press])
    # As the centre stores it: corrected by the clock's offset, which would make another id of it.
    arrived = msgspec.structs.replace(press, at_us=press.observed_us + 700_000)
    at_the_centre = StreamBank(defaults(), at="centre").observe([arrived])
    assert [said.kind for said in [*on_the_box, *at_the_centre]] == [Kind.CALL]


def modelled(tmp_path: Path, content: bytes, **more: object) -> tuple[CollectorConfig, DetectorsConfig]:
    """A box with two cameras, one of which names a model with this content."""
    (tmp_path / "people.onnx").write_bytes(content)
    card = {**CARD, "sha256": hashlib.sha256(content).hexdigest(), **more}
    rules = {
        "models": [card],
        "cameras": {"a": {"model": "people", "detectors": ["tamper"]}, "b": ["tamper"]},
    }
    (tmp_path / "d.yaml").write_text(json.dumps(rules))
    cameras = "cameras: [{type: http, name: a, url: x}, {type: http, name: b, url: x}]"
    box = collector(tmp_path, more=f"detectors: d.yaml\n{cameras}")
    return box, banks.read_rules(box)


def test_a_model_that_cannot_be_used_leaves_every_camera_watched(tmp_path: Path) -> None:
    box, rules = modelled(tmp_path, b"no network")
    made = banks.watch(box, rules)
    assert set(made.cameras) == {"weir/a", "weir/b"}
    assert len(made.faults) == 1
    assert "people" in made.faults[0]


def test_without_the_library_of_models_it_is_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    box, rules = modelled(tmp_path, b"anything")
    (fault,) = banks.watch(box, rules).faults
    assert "tocsin[models]" in fault


def test_models_that_no_camera_of_this_box_names_are_not_opened(tmp_path: Path) -> None:
    _, rules = modelled(tmp_path, b"no network")
    other = collector(tmp_path, more="detectors: d.yaml\ncameras: [{type: http, name: b, url: x}]")
    assert banks.watch(other, rules).faults == ()
    assert banks.model_files(other, rules) == []


@pytest.mark.heavy
def test_a_real_model_is_opened_and_asked(tmp_path: Path) -> None:
    content = shared("../models/person_yolox_192.onnx").read_bytes()
    box, rules = modelled(tmp_path, content, input=[192, 192])
    finders, faults = banks.open_models(box, rules)
    assert faults == []
    assert finders["people"].version.startswith("people:")
    assert finders["people"].find(np.zeros((180, 320, 3), np.uint8)) == ()
    assert banks.watch(box, rules).faults == ()
