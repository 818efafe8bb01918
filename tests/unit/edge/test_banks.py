from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.edge import collector
from tocsin.core.errors import Rejected
from tocsin.edge import banks


def test_buttons_ring_on_the_box_and_plain_rules_stay_at_the_centre(tmp_path: Path) -> None:
    rules = banks.stream_rules(collector(tmp_path)).detectors
    assert {r.at for r in rules if r.detector == "button"} == {"box"}
    assert {r.at for r in rules if r.detector == "threshold"} == {"centre"}


def test_a_file_of_detectors_takes_the_place_of_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(
        "detectors: [{name: high, detector: threshold, match: '*/level', above: 3, at: box}]"
    )
    rules = banks.stream_rules(collector(tmp_path, more="detectors: d.yaml")).detectors
    assert [(r.name, r.at) for r in rules] == [("high", "box")]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read the detectors"):
        banks.stream_bank(collector(tmp_path, more="detectors: none.yaml"))


def test_each_camera_has_its_own_bank(tmp_path: Path) -> None:
    box = collector(
        tmp_path,
        more="cameras: [{type: http, name: a, url: x}, {type: http, name: b, url: x, detectors: []}]",
    )
    assert set(banks.picture_banks(box)) == {"weir/a", "weir/b"}
