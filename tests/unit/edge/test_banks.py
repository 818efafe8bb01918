from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.support.edge import collector
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import defaults, load
from tocsin.edge import banks


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
