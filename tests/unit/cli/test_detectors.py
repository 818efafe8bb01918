from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.detectors.test_cards import CARD
from tocsin.detectors.config import defaults

BOX = """
collector: weir
cameras: [{type: http, name: yard, url: x}]
sensors: [{type: csv, name: g, path: x, time_column: t, columns: {v: {stream: gauge-1/level, unit: m}}}]
"""


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "weir.yaml"
    path.write_text(BOX)
    return path


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "detectors.yaml"
    path.write_text(text)
    return path


def test_the_schema_is_one_json_document(tocsin: Run) -> None:
    assert json.loads(tocsin("detectors", "schema").out)["title"] == "Detectors of a site of Tocsin"


def test_a_sound_file_is_told_so(tocsin: Run, tmp_path: Path) -> None:
    found = tocsin("detectors", "check", written(tmp_path, "cameras: {yard: [smoke]}"))
    assert found.code == 0
    assert "is sound" in found.out


def test_every_fault_has_its_line_and_the_command_fails(tocsin: Run, tmp_path: Path) -> None:
    file = written(tmp_path, "detectors:\n- {name: a, detector: treshold}\nnonsense: 1\n")
    found = tocsin("detectors", "check", file)
    assert found.code == 1
    assert "write `threshold` if that is meant, or remove it (line 2)" in found.out
    assert "(line 3)" in found.out
    as_json = json.loads(tocsin("detectors", "check", file, "--json").out)
    assert [one["line"] for one in as_json["faults"]] == [2, 3]


def test_with_the_boxes_of_a_site_it_is_told_what_fits_none(tocsin: Run, tmp_path: Path, box: Path) -> None:
    file = written(
        tmp_path, "detectors: [{name: a, detector: silence, match: '*/levl'}]\ncameras: {yrad: []}"
    )
    found = tocsin("detectors", "check", file, "--site", box)
    assert found.code == 0
    assert "the rule a watches no stream here" in found.out
    assert "write `yard` if that is meant" in found.out


def test_a_model_must_be_the_file_that_its_card_names(tocsin: Run, tmp_path: Path) -> None:
    model = tmp_path / "people.onnx"
    card = {**CARD, "sha256": hashlib.sha256(b"model").hexdigest()}
    file = written(tmp_path, json.dumps({"models": [card], "cameras": {"default": {"model": "people"}}}))
    missing = tocsin("detectors", "check", file).out
    assert "cannot read" in missing
    assert "(line 1)" in missing
    model.write_bytes(b"another")
    found = tocsin("detectors", "check", file)
    assert found.code == 1
    assert hashlib.sha256(b"another").hexdigest() in found.out
    model.write_bytes(b"model")
    assert tocsin("detectors", "check", file).code == 0


def test_what_watches_each_camera_and_stream_is_shown_with_its_version(
    tocsin: Run, tmp_path: Path, box: Path
) -> None:
    file = written(tmp_path, "cameras: {yard: [smoke]}")
    shown = json.loads(tocsin("detectors", "show", file, "--site", box, "--json").out)["watched"]
    assert [one["what"] for one in shown] == ["camera weir/yard", "stream weir/gauge-1/level"]
    assert [one["version"].partition("/")[0] for one in shown[0]["by"]] == ["smoke"]
    assert {"water-high", "silence"} <= {one["rule"] for one in shown[1]["by"]}


def test_rules_over_several_sources_are_shown_too(tocsin: Run, tmp_path: Path, box: Path) -> None:
    parts = "of: [{kind: rain}, {kind: flood}]"
    file = written(tmp_path, f"together: [{{name: agreed, kind: flood, within_seconds: 9, {parts}}}]")
    for site in ([], ["--site", box]):
        assert "together: 2 sources\n  agreed " in tocsin("detectors", "show", file, *site).out


def test_without_a_file_the_shipped_rules_are_shown(tocsin: Run) -> None:
    found = tocsin("detectors", "show")
    assert found.code == 0
    for rule in defaults().detectors:
        assert rule.name in found.out
    assert "camera default" in found.out


def test_a_faulty_file_shows_nothing_but_its_faults(tocsin: Run, tmp_path: Path) -> None:
    refused = tocsin("detectors", "show", written(tmp_path, "nonsense: 1"))
    assert refused.code == 2
    assert "(line 1)" in refused.err


def test_a_file_that_is_not_there_is_a_sentence(tocsin: Run, tmp_path: Path) -> None:
    refused = tocsin("detectors", "check", tmp_path / "none.yaml")
    assert refused.code == 2
    assert "cannot read" in refused.err
