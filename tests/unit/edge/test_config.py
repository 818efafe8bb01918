from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.errors import Rejected
from tocsin.edge import config


def faults(text: str) -> list[str]:
    with pytest.raises(Rejected) as refusal:
        config.parse(text)
    return refusal.value.reason.splitlines()


def test_the_smallest_configuration_is_a_name() -> None:
    box = config.parse("collector: weir")
    assert box.outbox.bytes_max == 2_000_000_000
    assert box.outbox.days_max == 7


def test_all_faults_are_told_at_once_each_as_a_sentence_that_names_its_place() -> None:
    told = faults(
        """
collector: we ir
partition: 64
colour: red
cameras:
  - {type: file, name: a, path: x.mp4, masks: [[[0, 0], [2, 0], [1, 1]]]}
  - {type: rtsp, name: b}
sensors:
  - {type: csv, name: c, path: x.csv, time_column: t, columns: {v: {stream: g/level, unit: meters}}}
  - {type: button, name: d, topic: "a/#/b"}
"""
    )
    expected = [
        ("collector", "use 1 to 64"),
        ("partition", "less than 64"),
        ("colour", "not known here"),
        ("cameras[0]", "relative"),
        ("cameras[1]", "missing"),
        ("sensors[0]", "write 'm"),
        ("sensors[1]", "topic filter"),
    ]
    assert len(told) == len(expected)
    for place, word in expected:
        assert any(line.startswith(place) and word in line for line in told), (place, told)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[]", "mapping"),
        (": :", "YAML"),
        ("collector: w\ncameras: [{type: http, name: a, url: x}, {type: http, name: a, url: x}]", "twice: a"),
        ("collector: w\nbroker: {password: a, password_file: b}", "keep one"),
        ("collector: w\nbroker: {tls: {key_file: b}}", "both or neither"),
        (
            "collector: w\ncameras: [{type: file, name: a, path: x, zones: {}, detectors: [smoke]}]",
            "detectors and zones of a camera stand in the file of detectors",
        ),
        (
            "collector: w\nsensors: [{type: csv, name: a, path: x, time_column: t, loop: true, pace: fast, columns: {v: {stream: a/b}}}]",
            "loop needs",
        ),
        (
            "collector: w\nsensors: [{type: mqtt, name: a, topic: x, values: {v: {stream: ab}}}]",
            "device/quantity",
        ),
    ],
)
def test_each_rule_says_what_to_write(text: str, word: str) -> None:
    assert any(word in line for line in faults(text)), faults(text)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("collector: weir\noutbox: {path: box/o.sqlite}\nbroker: {password_file: pw}")
    (tmp_path / "pw").write_text("secret\n")
    box = config.load(file)
    assert box.outbox.path == tmp_path / "box" / "o.sqlite"
    assert box.broker.secret() == "secret"


def test_secrets_do_not_print() -> None:
    box = config.parse(
        "{collector: w, broker: {password: hush}, cameras: [{type: rtsp, name: a, url: rtsp://u:hush@h/}]}"
    )
    assert "hush" not in repr(box)
    assert "hush" not in box.model_dump_json()


def test_the_revision_changes_with_the_file() -> None:
    assert config.parse("collector: w").revision != config.parse("collector: w # changed").revision
    assert len(config.parse("collector: w").revision) == 12


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read"):
        config.load(tmp_path / "none.yaml")
