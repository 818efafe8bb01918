from __future__ import annotations

from pathlib import Path

from tests.support.edge import collector
from tocsin.core.ids import DeviceId
from tocsin.detectors.config import defaults, load
from tocsin.edge.effective import Stream, camera_watchers, misfits, stream_watchers, streams

BOX = """
cameras: [{type: http, name: yard, url: x}]
sensors:
  - {type: csv, name: g, path: x, time_column: t, columns: {v: {stream: gauge-1/level, unit: m}}}
  - {type: mqtt, name: m, topic: a/+, values: {v: {stream: "{1}/smoke", unit: /}}}
  - {type: button, name: help-1, topic: b}
"""


def test_the_streams_of_a_box_are_those_its_file_names(tmp_path: Path) -> None:
    assert streams(collector(tmp_path, more=BOX)) == [
        Stream("gauge-1/level", "m"),
        Stream("{1}/smoke", "/"),
        Stream("help-1/button", "/"),
    ]


def test_what_watches_is_named_with_the_version_that_detections_carry() -> None:
    rules = load("cameras: {yard: [smoke, {detector: motion, name: gate, kind: intrusion}]}")
    found = camera_watchers(rules, DeviceId("weir/yard"))
    assert [(one.rule, one.detector, one.kind) for one in found] == [
        ("smoke", "smoke", "smoke"),
        ("gate", "motion", "intrusion"),
    ]
    assert found[0].version == rules.camera(DeviceId("weir/yard")).detectors[0].version()
    level = {one.rule: one.at for one in stream_watchers(rules, Stream("gauge-1/level", "m"))}
    assert level["water-high"] == "centre"
    assert "heat-high" not in level


def test_the_shipped_rules_fit_a_box_but_for_what_it_does_not_have(tmp_path: Path) -> None:
    said = [str(one) for one in misfits(defaults(), [collector(tmp_path, more=BOX)])]
    assert any("the rule gas-high watches no stream here: none is like */gas" in one for one in said)
    assert not any("smoke-high" in one or "water-high" in one or "button" in one for one in said)


def test_a_pattern_with_a_device_fits_a_stream_that_a_topic_names(tmp_path: Path) -> None:
    box = collector(tmp_path, more=BOX)
    fits = load(
        "detectors: [{name: a, detector: silence, match: kitchen/smoke}, {name: b, detector: button}]"
    )
    assert list(misfits(fits, [box])) == []
    wrong = load(
        "detectors: [{name: a, detector: silence, match: kitchen/smok}, {name: b, detector: button}]"
    )
    assert [one.place for one in misfits(wrong, [box])] == ["detectors[0].match"]


def test_a_camera_that_no_box_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    rules = load("cameras: {yrad: [smoke], weir/yard: [smoke], mill/yard: [], default: []}\ndetectors: []")
    said = {one.place: one.sentence for one in misfits(rules, [collector(tmp_path, more=BOX)])}
    assert "write `yard`" in said["cameras.yrad"]
    assert "cameras.mill/yard" in said
    assert "cameras.weir/yard" not in said
    assert "cameras.default" not in said
    assert "no rule hears the buttons" in said["detectors"]


def test_where_devices_name_their_own_streams_no_rule_is_doubted(tmp_path: Path) -> None:
    box = collector(tmp_path, more="sensors: [{type: senml, name: s, topic: t}]")
    assert list(misfits(defaults(), [box])) == []
