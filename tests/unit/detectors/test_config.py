from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.detectors.test_cards import CARD
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.detectors.config import ALWAYS, CameraDetectors, DetectorsConfig, defaults, load, read


def faults(text: str) -> list[str]:
    return [str(one) for one in read(text).faults]


def test_the_shipped_rules_load_and_make_a_round_trip() -> None:
    config = defaults()
    assert len(config.detectors) >= 10
    again = DetectorsConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert again.digest() == config.digest()


def test_a_whole_file_makes_a_round_trip() -> None:
    text = f"""
models: [{CARD}]
detectors: [{{name: a, detector: button}}]
cameras:
  default: [smoke]
  yard: {{model: people, zones: {{z: [[0, 0], [1, 0], [1, 1]]}}, detectors: [{{detector: motion, zone: z}}]}}
"""
    config = load(text)
    assert DetectorsConfig.model_validate_json(config.model_dump_json()) == config


def test_all_faults_come_at_once_each_with_its_place_and_line() -> None:
    said = faults(
        "detectors:\n"
        "- {name: a, detector: threshold}\n"
        "- {name: b, detector: treshold}\n"
        "- name: c\n"
        "  detector: rate\n"
        "  change: 1\n"
        "  wrong: 2\n"
        "  severity: 2\n"
        "- {name: d, detector: silence, at: moon}\n"
        "nonsense: 1\n"
    )
    assert said == [
        "detectors[0]: give `above`, `below` or both (line 2)",
        "detectors[1].detector: 'treshold' is no detector here: write `threshold` if that is meant, or remove it (line 3)",
        said[2],
        "detectors[2].severity: must be less than or equal to 1, not 2 (line 8)",
        "detectors[3].at: 'moon' is no choice here: write one of box, centre, or remove it (line 9)",
        "nonsense: is no key here: write one of cameras, detectors, models, streams_max, together, or remove it (line 10)",
    ]
    assert said[2].startswith("detectors[2].wrong: is no key here: write one of alone, at, ")
    assert said[2].endswith("(line 7)")


def test_what_is_wrong_in_cameras_is_told_where_it_stands() -> None:
    said = faults(
        "cameras:\n"
        "  default: [smok, {detector: fire, zone: gate}]\n"
        "  yard:\n"
        "    model: people\n"
        "    zones:\n"
        "      gate: [[0, 0], [1, 1], [1, 0], [0, 1]]\n"
        "      line: [[0, 0], [0.5, 0.5], [1, 1]]\n"
        "    detectors:\n"
        "      - {detector: motion, zone: gat}\n"
        "      - {detector: motion, zone: gate}\n"
        "      - {detector: motion, parameters: {smalest: 1}}\n"
        "  'a b': []\n"
    )
    assert said == [
        "cameras.default[1].zone: 'gate' is no zone here: write `zones` first (line 2)",
        "cameras.default[0]: 'smok' is no detector here: write `smoke` if that is meant, or remove it (line 2)",
        "cameras.yard.zones.gate: crosses itself between points 1 and 3: write the corners in order around the area (line 6)",
        "cameras.yard.zones.line: encloses nothing: write at least three corners that do not lie on one line (line 7)",
        "cameras.yard.detectors[0].zone: 'gat' is no zone here: write `gate` if that is meant, or remove it (line 9)",
        "cameras.yard.detectors[2].parameters.smalest: is no key here: write `smallest` if that is meant, or remove it (line 11)",
        said[6],
    ]
    assert said[6].startswith("cameras.a b: name a camera as on its box")


def test_names_of_models_and_rules_are_held_together() -> None:
    said = faults(
        f"models: [{CARD}]\n"
        "detectors:\n"
        "- {name: a, detector: button}\n"
        "- {name: a, detector: button}\n"
        "cameras:\n"
        "  yard: {model: peple, detectors: []}\n"
    )
    assert said == [
        "detectors[1].name: the name 'a' is used twice: give each its own `name` (line 4)",
        "cameras.yard.model: 'peple' is no model here: write `people` if that is meant, or remove it (line 6)",
    ]
    assert "used twice" in faults("cameras: {yard: [fire, fire]}")[0]


def test_a_key_written_twice_is_a_fault_with_its_line() -> None:
    said = faults("detectors:\n- name: a\n  detector: button\n  name: b\n")
    assert said == ["detectors[0].name: is written twice, and only this one holds: keep one (line 4)"]


@pytest.mark.parametrize("text", ["- 1", "detectors: {", "detectors: 7", "nonsense: 1", "x" * 300_000])
def test_what_is_no_configuration_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Rejected, match=r"detectors\.config"):
        load(text)


@pytest.mark.parametrize("text", ["", "# only a remark\n\n", "cameras: {yard: [fire]}"])
def test_rules_over_streams_that_are_left_out_are_those_shipped(text: str) -> None:
    assert load(text).detectors == defaults().detectors


def test_an_empty_list_watches_nothing() -> None:
    assert load("detectors: []").detectors == ()


def test_a_pattern_that_matches_nothing_is_doubted() -> None:
    found = read("detectors: [{name: a, detector: button, match: button}]")
    assert [str(one) for one in found.warnings] == [
        "detectors[0].match: 'button' matches no stream, for each is `device/quantity`: write `*/button` or `button/*` (line 1)"
    ]
    assert not read("detectors: [{name: a, detector: button, match: '*button'}]").warnings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("detectors: [{name: a, detector: button, match: “*/button”}]", 'Chinese signs.*write "\\*/button"'),
        ("detectors: [{name: a, detector: stuck, unit: metre}]", "'metre' is no SenML unit: write 'm'"),
        (
            "together: [{name: a, kind: flood, within_seconds: 9, of: [{kind: rain}, {detector: rsing}]}]",
            "no rule here is named rsing",
        ),
        ("cameras: {yard: [presence]}", "presence sees nobody without a model"),
    ],
)
def test_what_could_hear_or_see_nothing_is_doubted_with_its_line(text: str, sentence: str) -> None:
    found = read(text)
    assert found.faults == ()
    [doubt] = found.warnings
    assert re.search(sentence, str(doubt))
    assert doubt.line == 1


def test_what_can_hear_is_not_doubted() -> None:
    parts = "{name: a, kind: flood, within_seconds: 9, of: [{detector: 'water*'}, {detector: smoke}]}"
    sound = f"together: [{parts}]\ncameras: {{yard: [{{detector: presence, moving: true}}]}}"
    assert read(sound).warnings == ()


def test_a_model_that_no_camera_names_is_doubted() -> None:
    assert "no camera names" in str(read(f"models: [{CARD}]").warnings[0])


def test_a_camera_has_its_own_section_then_default_then_what_every_camera_needs() -> None:
    text = f"""
models: [{CARD}]
cameras:
  default: {{detectors: [tamper], model: people}}
  yard: [motion]
  weir/yard: {{detectors: []}}
  gate: {{model: people}}
"""
    config = load(text)

    def watching(device: str) -> tuple[list[str], str | None]:
        found = config.camera(DeviceId(device))
        return [rule.name for rule in found.detectors], found.model

    assert watching("mill/yard") == (["motion"], "people")
    assert watching("weir/yard") == ([], "people")
    assert watching("weir/gate") == (["tamper"], "people")
    assert watching("weir/other") == (["tamper"], "people")
    assert [rule.name for rule in load("").camera(DeviceId("weir/a")).detectors] == list(ALWAYS)


def test_a_zone_is_named_once_and_used_by_name() -> None:
    config = load(
        "cameras: {yard: {zones: {gate: [[0, 0], [1, 0], [1, 1]]}, detectors: [{detector: motion, zone: gate}]}}"
    )
    assert config.camera(DeviceId("weir/yard")).detectors[0].zone == ((0, 0), (1, 0), (1, 1))


def test_each_place_runs_its_own_rules() -> None:
    config = load(
        "detectors: [{name: a, detector: silence, at: box}, {name: b, detector: silence}, {name: c, detector: button}]\n"
        "cameras: {yard: [smoke]}"
    )
    assert [rule.name for rule in config.running("box").detectors] == ["a", "c"]
    assert [rule.name for rule in config.running("centre").detectors] == ["b"]
    assert config.running("centre").cameras == {}


def test_a_camera_takes_bare_names_and_parameters_on_one_level() -> None:
    config = CameraDetectors.model_validate(
        {
            "detectors": [
                "fire",
                {
                    "detector": "motion",
                    "kind": "intrusion",
                    "smallest": 0.01,
                    "zone": [[0, 0], [1, 0], [1, 1]],
                },
            ]
        }
    )
    assert [rule.name for rule in config.detectors] == ["fire", "motion"]
    assert config.detectors[1].parameters == {"smallest": 0.01}
    assert CameraDetectors.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ValidationError, match="used twice"):
        CameraDetectors.model_validate({"detectors": ["fire", "fire"]})


def test_the_example_of_the_documentation_is_a_sound_file() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "detectors.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0].replace("…64 digits…", "0" * 64)
    found = read(example)
    assert [str(one) for one in (*found.faults, *found.warnings)] == []


WORDS = st.sampled_from(
    ["detectors", "cameras", "models", "together", "detector", "name", "zone", "zones", "match", "at", "model",
     "smoke", "threshold", "motion", "above", "parameters", "default", "yard", "of", "kind"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS | st.text(max_size=4) | st.integers(), inner, max_size=5)
    ),
    max_leaves=25,
)


FILES = st.fixed_dictionaries(
    {},
    optional={
        "detectors": st.lists(VALUES, max_size=3),
        "cameras": st.dictionaries(WORDS, VALUES, max_size=3),
        "models": st.lists(VALUES, max_size=2),
        "together": st.lists(VALUES, max_size=2),
    },
)


@settings(deadline=None, max_examples=200)
@given(FILES | VALUES | st.text(max_size=80))
def test_whatever_is_written_is_read_or_refused_in_sentences(given_value: object) -> None:
    text = given_value if isinstance(given_value, str) else yaml.safe_dump(given_value, allow_unicode=True)
    found = read(text)
    assert (found.config is None) == bool(found.faults)
    assert all(str(one).strip() for one in found.faults)
